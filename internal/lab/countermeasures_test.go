package lab

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/platform/ags"
	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/reconcile/platformtest"
)

// countermeasure is one thing that the client does because a platform is as
// it is, switched off: what is known is forgotten, or what it does is undone
// on the wire.
type countermeasure struct {
	name    string
	profile string
	quirks  []quirk.Quirk
	forget  func(*ags.Profile)
	undo    func(http.RoundTripper) http.RoundTripper
	tokens  func(*agsclient.ClientCredentials)
	noHosts bool
	group   string // that fails without it
}

const (
	columnsGroup   = "columns come, change and go"
	unmanagedGroup = "what no file names stays"
	datesGroup     = "dates, release and extensions"
	linksGroup     = "resource links"
	coupledGroup   = "a column of a link is deleted, or the report tells"
	scoresGroup    = "scores of every kind"
	smallGroup     = "small differences count"
	commentsGroup  = "comments"
	maximumGroup   = "a new maximum, and scores at once"
	lockedGroup    = "a locked column"
	attemptGroup   = "one attempt"
	strangerGroup  = "a stranger stops nobody else"
	boundsGroup    = "what is too long or too large"
	manyGroup      = "many columns"
)

// What is not here is a second line of defence, that only saves time or tells
// more: an empty answer to a score (reading back tells too), Moodle's 400 as a
// refusal and Canvas's as a stale timestamp (a second try tells), D2L's 404.
func countermeasures() []countermeasure {
	fields := func(p *ags.Profile, name string) {
		kept := map[string]reconcile.Keeping{}
		for k, v := range p.Capabilities.Fields {
			if k != name {
				kept[k] = v
			}
		}
		p.Capabilities.Fields = kept
	}
	bounds := func(change func(*reconcile.Bounds)) func(*ags.Profile) {
		return func(p *ags.Profile) { change(&p.Capabilities.Bounds) }
	}
	refusals := func(p *ags.Profile) { p.Refusals = nil }
	next := func(q quirk.Quirk) countermeasure {
		return countermeasure{name: "next links: " + string(q), quirks: []quirk.Quirk{q}, undo: strictLinks, group: manyGroup}
	}
	return []countermeasure{
		{name: "comments are not repeated where they are added", profile: quirk.Canvas, forget: func(p *ags.Profile) { p.Capabilities.Comments = reconcile.CommentReplace }, group: commentsGroup},
		{name: "new_submission false", profile: quirk.Canvas, forget: func(p *ags.Profile) { p.ScoreExtra = nil }, group: attemptGroup},
		{name: "resourceLinkId cannot be changed", profile: quirk.Canvas, forget: func(p *ags.Profile) { fields(p, "resourceLinkId") }, group: linksGroup},
		{name: "401 to a delete is that column's", profile: quirk.Canvas, forget: refusals, group: coupledGroup},
		{name: "an explicit null clears", profile: quirk.Canvas, undo: bodies(http.MethodPut, dropNulls), group: columnsGroup},
		{name: "an explicit null clears a comment", profile: quirk.Canvas, undo: bodies(http.MethodPost, dropNulls), group: commentsGroup},
		{name: "a link that is lost is not put back for ever", profile: quirk.Moodle, forget: func(p *ags.Profile) { fields(p, "resourceLinkId") }, group: linksGroup},
		{name: "dates are not kept", profile: quirk.Moodle, forget: func(p *ags.Profile) { fields(p, "endDateTime") }, group: datesGroup},
		{name: "gradesReleased is not kept", profile: quirk.Moodle, forget: func(p *ags.Profile) { fields(p, "gradesReleased") }, group: datesGroup},
		{name: "extensions are not kept", profile: quirk.Moodle, forget: func(p *ags.Profile) { fields(p, "extensions") }, group: datesGroup},
		{name: "the platform's decimals", profile: quirk.Moodle, forget: func(p *ags.Profile) { p.Capabilities.Decimals = 0 }, group: smallGroup},
		{name: "scores are cut", profile: quirk.Moodle, forget: func(p *ags.Profile) { p.Capabilities.Clamps = false }, group: scoresGroup},
		{name: "scores are cut", profile: quirk.D2L, forget: func(p *ags.Profile) { p.Capabilities.Clamps = false }, group: scoresGroup},
		{name: "long labels are found", profile: quirk.Moodle, forget: bounds(func(b *reconcile.Bounds) { b.Label = 0 }), group: boundsGroup},
		{name: "long tags are found", profile: quirk.Moodle, forget: bounds(func(b *reconcile.Bounds) { b.Tag = 0 }), group: boundsGroup},
		{name: "large maximums are found", profile: quirk.Moodle, forget: bounds(func(b *reconcile.Bounds) { b.MaximumBelow = 0 }), group: boundsGroup},
		{name: "ids that are no numbers are found", profile: quirk.Moodle, forget: bounds(func(b *reconcile.Bounds) { b.NumericIDs = false }), group: boundsGroup},
		{name: "broken maximums are found", profile: quirk.Blackboard, forget: bounds(func(b *reconcile.Bounds) { b.WholeMaximum = false }), group: boundsGroup},
		{name: "a missing resourceId is found", profile: quirk.OpenEdX, forget: bounds(func(b *reconcile.Bounds) { b.NeedsResourceID = false }), group: boundsGroup},
		{name: "500 with [] is a refusal", profile: quirk.Moodle, forget: refusals, group: lockedGroup},
		{name: "the second after a rescale is waited for", profile: quirk.Moodle, forget: func(p *ags.Profile) { p.Capabilities.WholeSeconds = false }, group: maximumGroup},
		{name: "exact media types", profile: quirk.Moodle, undo: header("Content-Type", "; charset=utf-8"), group: columnsGroup},
		{name: "one media type is accepted", profile: quirk.Moodle, undo: header("Accept", ", */*"), group: columnsGroup},
		{name: "one-line JSON, and an empty answer", profile: quirk.Moodle, forget: func(p *ags.Profile) { p.EmptyOnSuccess = false }, undo: bodies(http.MethodPost, indent), group: strangerGroup},
		{name: "no limit for results", profile: quirk.Moodle, undo: query("/results", "limit=100"), group: scoresGroup},
		{name: "a backdated assertion", profile: quirk.Moodle, tokens: func(c *agsclient.ClientCredentials) {
			c.Now, c.PlatformNow = func() time.Time { return time.Now().Add(45 * time.Second) }, nil
		}, group: columnsGroup},
		{name: "an audience of its own", profile: quirk.D2L, tokens: func(c *agsclient.ClientCredentials) { c.Audience = "" }, group: columnsGroup},
		{name: "the deployment id", quirks: []quirk.Quirk{quirk.WantsDeployment}, tokens: func(c *agsclient.ClientCredentials) { c.DeploymentID = "" }, group: columnsGroup},
		{name: "labels are replaced", profile: quirk.ILIAS, forget: func(p *ags.Profile) { fields(p, "label") }, group: columnsGroup},
		{name: "maximums are replaced", profile: quirk.ILIAS, forget: func(p *ags.Profile) { fields(p, "scoreMaximum") }, group: columnsGroup},
		{name: "no limit for line items", profile: quirk.OpenEdX, undo: query("/lineitems", "limit=3"), group: manyGroup},
		{name: "scores are stated again under a new maximum", quirks: []quirk.Quirk{quirk.KeepsPoints}, forget: func(p *ags.Profile) { p.Capabilities.Rescales = true }, group: maximumGroup},
		{name: "what no file names is given back", undo: bodies(http.MethodPut, dropUnnamed), group: unmanagedGroup},
		{name: "a comment that no file names is given back", undo: bodies(http.MethodPost, drop("comment")), group: commentsGroup},
		{name: "further hosts", quirks: []quirk.Quirk{quirk.ForeignIDs}, noHosts: true, group: columnsGroup},
		next(quirk.LinkCurly), next(quirk.LinkUnquoted), next(quirk.LinkRelative), next(quirk.LinkSeveralRels),
	}
}

// With a countermeasure the group passes, without it the group fails.
func TestEveryCountermeasureCounts(t *testing.T) {
	groups := map[string]platformtest.Group{}
	for _, g := range platformtest.Groups() {
		groups[g.Name] = g
	}
	for _, c := range countermeasures() {
		t.Run(c.profile+"/"+c.name, func(t *testing.T) {
			g, known := groups[c.group]
			require.True(t, known, c.group)
			try := func(o Options) (problems []string) {
				synctest.Test(t, func(t *testing.T) {
					o.Sandbox, o.Precision = sandbox.Options{Profile: c.profile, Quirks: c.quirks, PageSize: 3}, precision(c.profile)
					problems = g.Try(t.Context(), &Open(t, o).Lab)
				})
				return problems
			}
			require.Empty(t, try(Options{Hosts: []string{"items.localhost"}}), "it is well with it")
			off := Options{Client: ags.ProfileOf(c.profile), Wrap: c.undo, Tokens: c.tokens}
			if !c.noHosts {
				off.Hosts = []string{"items.localhost"}
			}
			if c.forget != nil {
				c.forget(off.Client)
			}
			problems := try(off)
			require.NotEmpty(t, problems, "nothing fails without it")
			t.Log(problems[0])
		})
	}
}

// bodies changes what is sent as JSON.
func bodies(method string, change func(map[string]any) ([]byte, error)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return Tripper(func(r *http.Request) (*http.Response, error) {
			if r.Method != method || r.Body == nil || !strings.Contains(r.Header.Get("Content-Type"), "json") {
				return next.RoundTrip(r)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			var m map[string]any
			if err := json.Unmarshal(body, &m); err != nil {
				return nil, err
			}
			if body, err = change(m); err != nil {
				return nil, err
			}
			r = r.Clone(r.Context())
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return next.RoundTrip(r)
		})
	}
}

func dropNulls(m map[string]any) ([]byte, error) {
	for k, v := range m {
		if v == nil {
			delete(m, k)
		}
	}
	return json.Marshal(m)
}

func drop(member string) func(map[string]any) ([]byte, error) {
	return func(m map[string]any) ([]byte, error) {
		delete(m, member)
		return json.Marshal(m)
	}
}

// dropUnnamed leaves what the groups' files name.
func dropUnnamed(m map[string]any) ([]byte, error) {
	return json.Marshal(map[string]any{"label": m["label"], "scoreMaximum": m["scoreMaximum"], "resourceId": m["resourceId"]})
}

func indent(m map[string]any) ([]byte, error) { return json.MarshalIndent(m, "", "  ") }

func header(name, more string) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return Tripper(func(r *http.Request) (*http.Response, error) {
			if h := r.Header.Get(name); strings.Contains(h, "vnd.ims") {
				r = r.Clone(r.Context())
				r.Header.Set(name, h+more)
			}
			return next.RoundTrip(r)
		})
	}
}

func query(under, param string) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return Tripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, under) {
				r = r.Clone(r.Context())
				r.URL.RawQuery = strings.Trim(r.URL.RawQuery+"&"+param, "&")
			}
			return next.RoundTrip(r)
		})
	}
}

// strictLinks understands only the Link headers of the RFC's first example.
func strictLinks(next http.RoundTripper) http.RoundTripper {
	return Tripper(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err == nil {
			if h := resp.Header.Get("Link"); !strings.HasPrefix(h, "<http") || !strings.HasSuffix(h, `>; rel="next"`) {
				resp.Header.Del("Link")
			}
		}
		return resp, err
	})
}
