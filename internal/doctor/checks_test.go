package doctor_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/doctor"
	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/plan"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func denied(message string) *plan.Failure {
	return &plan.Failure{Kind: plan.FailedAuth, Message: message}
}

// well is a platform with which all is well.
func well() doctor.Platform {
	return doctor.Platform{
		Name: "campus", KeyFile: "tool.key", KeyMode: 0o600, TokenLife: time.Hour,
		Scopes: []doctor.Scope{
			{Name: "lineitem.readonly", Granted: true}, {Name: "result.readonly", Granted: true},
			{Name: "contextmembership.readonly", Granted: true}, {Name: "lineitem", Granted: true}, {Name: "score", Granted: true},
		},
		Seen: doctor.Seen{Clock: true, Hosts: []doctor.Host{{Name: "lms", Version: "TLS 1.3", Expires: noon.AddDate(1, 0, 0)}}},
	}
}

func check(t *testing.T, g doctor.Group, id string) doctor.Check {
	t.Helper()
	for _, c := range g.Checks {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("no check %s in %v", id, g)
	return doctor.Check{}
}

func TestAllIsWell(t *testing.T) {
	p := well()
	for _, c := range doctor.OfPlatform(&p, noon).Checks {
		require.Equal(t, doctor.OK, c.Status, "%v", c)
		require.Empty(t, c.Remedy)
	}
}

// What is wrong is told at its place, with what to do, and as what it counts.
func TestOfPlatform(t *testing.T) {
	for _, tc := range []struct {
		name   string
		spoil  func(*doctor.Platform)
		id     string
		status doctor.Status
		detail string
		remedy string
		auth   bool
	}{
		{"no key", func(p *doctor.Platform) {
			p.Key = &plan.Failure{Kind: plan.FailedAuth, Message: "no such file", Hint: "write one"}
		}, "key", doctor.Failed, "no such file", "write one", true},
		{"no sandbox", func(p *doctor.Platform) { p.Key = &plan.Failure{Message: "opening the sandbox: damaged"} }, "platform", doctor.Failed, "damaged", "Platform document", false},
		{"open key", func(p *doctor.Platform) { p.KeyMode = 0o644 }, "key", doctor.Warned, "0644", "chmod 600 tool.key", false},
		{"key in a pipe", func(p *doctor.Platform) { p.KeyMode = fs.ModeNamedPipe | 0o644 }, "key", doctor.OK, "", "", false},
		{"our clock is late", func(p *doctor.Platform) { p.Seen.Skew = 5 * time.Minute }, "clock", doctor.Warned, "5m0s behind", "NTP", false},
		{"our clock is early", func(p *doctor.Platform) { p.Seen.Skew = -31 * time.Second }, "clock", doctor.Warned, "31s ahead of", "NTP", false},
		{"half a minute", func(p *doctor.Platform) { p.Seen.Skew = 30 * time.Second }, "clock", doctor.OK, "", "", false},
		{"no date", func(p *doctor.Platform) { p.Seen.Clock = false }, "clock", doctor.Skipped, "", "", false},
		{"no token", func(p *doctor.Platform) { p.Token = denied("invalid_client") }, "token", doctor.Failed, "invalid_client", "registration", true},
		{"no token, clock", func(p *doctor.Platform) { p.Token, p.Seen.Skew = denied("invalid_client"), -time.Hour }, "token", doctor.Failed, "invalid_client", "set the clock first", true},
		{"dead", func(p *doctor.Platform) {
			p.Token = &plan.Failure{Kind: plan.FailedOther, Message: "connection refused", Hint: "is it up?"}
		}, "token", doctor.Failed, "refused", "is it up?", false},
		{"no read-only scope", func(p *doctor.Platform) { p.Scopes[0].Granted = false }, "scope-lineitem.readonly", doctor.OK, "full scope", "", false},
		{"no line items", func(p *doctor.Platform) { p.Scopes[0].Granted, p.Scopes[3].Granted = false, false }, "scope-lineitem.readonly", doctor.Failed, "plan", "registration", true},
		{"no results", func(p *doctor.Platform) { p.Scopes[1].Granted = false }, "scope-result.readonly", doctor.Failed, "not granted", "registration", true},
		{"no roster", func(p *doctor.Platform) {
			p.Scopes[2] = doctor.Scope{Name: "contextmembership.readonly", Unknown: denied("invalid_scope")}
		}, "scope-contextmembership.readonly", doctor.Warned, "roster", "Names and Role", false},
		{"no scores", func(p *doctor.Platform) { p.Scopes[4].Granted = false }, "scope-score", doctor.Failed, "apply", "registration", true},
		{"not asked for", func(p *doctor.Platform) { p.Scopes[4] = doctor.Scope{Name: "score", NotAsked: true} }, "scope-score", doctor.Skipped, "not asked for", "doctor --probe", false},
		{"granted unasked", func(p *doctor.Platform) { p.Scopes[3].NotAsked = true }, "scope-lineitem", doctor.OK, "only reads are sent", "", false},
		{"scope unknown", func(p *doctor.Platform) {
			p.Scopes[4] = doctor.Scope{Name: "score", Unknown: &plan.Failure{Kind: plan.FailedOther, Message: "503"}}
		}, "scope-score", doctor.Failed, "503", "try again", false},
		{"certificate ends", func(p *doctor.Platform) { p.Seen.Hosts[0].Expires = noon.AddDate(0, 0, 29) }, "tls", doctor.Warned, "2026-12-21", "renew", false},
		{"certificate ended", func(p *doctor.Platform) { p.Seen.Hosts[0] = doctor.Host{Name: "lms", Problem: "has expired"} }, "tls", doctor.Failed, "has expired", "renewed", false},
		{"loopback", func(p *doctor.Platform) { p.Seen.Hosts[0] = doctor.Host{Name: "127.0.0.1:80", Plain: true} }, "tls", doctor.OK, "plain HTTP", "", false},
		{"embedded", func(p *doctor.Platform) { p.Embedded = true }, "tls", doctor.Skipped, "within this process", "", false},
		{"throttled", func(p *doctor.Platform) { p.Seen.Refused, p.Seen.Headers = 2, map[string]string{"Retry-After": "7"} }, "throttling", doctor.Warned, "2 (Retry-After 7)", "requestsPerSecond", false},
		{"budget", func(p *doctor.Platform) { p.Seen.Headers = map[string]string{"X-Rate-Limit-Remaining": "599.5"} }, "throttling", doctor.OK, "X-Rate-Limit-Remaining 599.5", "", false},
		{"looks like one", func(p *doctor.Platform) { p.Seen.Paths = []string{"/mod/lti/services.php/2/lineitems"} }, "profile", doctor.Warned, "looks like moodle", "add `profile: moodle`", false},
		{"is that one", func(p *doctor.Platform) {
			p.Profile, p.Seen.Paths = "moodle", []string{"/mod/lti/services.php/2/lineitems"}
		}, "profile", doctor.OK, "moodle", "", false},
		{"is another", func(p *doctor.Platform) {
			p.Profile, p.Seen.Paths = "canvas", []string{"/mod/lti/services.php/2/lineitems"}
		}, "profile", doctor.Warned, "say canvas", "moodle", false},
		{"said only", func(p *doctor.Platform) { p.Profile = "sakai" }, "profile", doctor.OK, "sakai", "", false},
		{"two at once", func(p *doctor.Platform) { p.Seen.Paths = []string{"/mod/lti/services.php/2", "/api/lti/courses/1"} }, "profile", doctor.Warned, "several", "--probe", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := well()
			tc.spoil(&p)
			c := check(t, doctor.OfPlatform(&p, noon), tc.id)
			require.Equal(t, tc.status, c.Status, "%v", c)
			require.Contains(t, c.Detail, tc.detail)
			require.Contains(t, c.Remedy, tc.remedy)
			require.Equal(t, tc.auth, c.Credentials)
		})
	}
}

func TestProfileByLooks(t *testing.T) {
	for path, want := range map[string]string{
		"/api/lti/courses/1/line_items": quirk.Canvas, "/login/oauth2/token": quirk.Canvas, "/lms/mod/lti/token.php": quirk.Moodle,
		"/learn/api/v1/lti/courses/x/lineItems": quirk.Blackboard, "/d2l/api/lti/ags/2.0/x": quirk.D2L, "/imsblis/lti13/lineitems/1": quirk.Sakai,
		"/api/lti_consumer/v1/lti/1/lti-ags": quirk.OpenEdX, "/courses/1/lineitems": "",
	} {
		p := well()
		p.Profile, p.Seen.Paths = "", []string{"/token", path}
		c := check(t, doctor.OfPlatform(&p, noon), "profile")
		require.Equal(t, want != "", strings.Contains(c.Detail, "looks like "+want+" ("), "%s: %s", path, c.Detail)
	}
	p := well()
	p.Seen.Headers = map[string]string{"X-Request-Cost": "0.1"}
	require.Contains(t, check(t, doctor.OfPlatform(&p, noon), "profile").Detail, "looks like canvas")
}

func TestOfCourse(t *testing.T) {
	good := doctor.Course{
		Gradebook: "bio", Name: "sec-1", Platform: "campus",
		LineItems: doctor.LineItems{Count: 3, Pages: 2, Proven: true}, Results: doctor.Results{Asked: true, Count: 4, Graded: 2},
		Roster: doctor.Roster{Asked: true, Count: 5, NoEmail: 1, NotActive: 2},
	}
	require.Empty(t, cmp.Diff([]doctor.Check{
		{ID: "line-items", Title: "line items", Status: doctor.OK, Detail: "read: 3 line items on 2 pages, and no more"},
		{ID: "results", Title: "results", Status: doctor.OK, Detail: "those of the first line item read: 4 results, 2 with a grade"},
		{ID: "roster", Title: "roster", Status: doctor.OK, Detail: "read: 5 members, 1 without an email (normal: it needs consent), 2 not active"},
	}, doctor.OfCourse(&good).Checks))
	for _, tc := range []struct {
		name   string
		spoil  func(*doctor.Course)
		id     string
		status doctor.Status
		remedy string
	}{
		{"not asked", func(c *doctor.Course) { c.Failure = denied("x") }, "line-items", doctor.Failed, "checks of the platform"},
		{"not read", func(c *doctor.Course) { c.LineItems.Failure = denied("401") }, "line-items", doctor.Failed, "lineItemsURL"},
		{"so no results", func(c *doctor.Course) { c.LineItems.Failure = denied("401") }, "results", doctor.Skipped, ""},
		{"unproven", func(c *doctor.Course) { c.LineItems.Proven = false }, "line-items", doctor.Warned, "limit"},
		{"no line item", func(c *doctor.Course) { c.Results.Asked = false }, "results", doctor.Skipped, ""},
		{"no results", func(c *doctor.Course) { c.Results.Failure = denied("401") }, "results", doctor.Failed, "registration"},
		{"no URL", func(c *doctor.Course) { c.Roster = doctor.Roster{} }, "roster", doctor.Skipped, "context_memberships_url"},
		{"no roster", func(c *doctor.Course) { c.Roster.Failure = denied("401") }, "roster", doctor.Failed, "membershipsURL"},
		{"none needed", func(c *doctor.Course) { c.Roster.Failure, c.Roster.Implied = denied("401"), true }, "roster", doctor.Warned, "by email"},
	} {
		c := good
		tc.spoil(&c)
		got := check(t, doctor.OfCourse(&c), tc.id)
		require.Equal(t, tc.status, got.Status, tc.name)
		require.Contains(t, got.Remedy, tc.remedy, tc.name)
	}
	for _, c := range doctor.WithoutToken("bio", "sec-1", "campus").Checks {
		require.Equal(t, doctor.Skipped, c.Status)
	}
}

// What a platform said is shown after what we say of it, and can be left out.
func TestSilence(t *testing.T) {
	p := well()
	p.Token = &plan.Failure{Kind: plan.FailedAuth, Message: "401", Said: "Ada Lovelace left"}
	groups := []doctor.Group{doctor.OfPlatform(&p, noon)}
	shown := func() string {
		var text, asJSON bytes.Buffer
		require.NoError(t, doctor.Text(&text, groups, false))
		require.NoError(t, doctor.JSON(&asJSON, doctor.Report{Groups: groups}))
		return text.String() + asJSON.String()
	}
	require.Contains(t, shown(), "401: Ada Lovelace left\n")
	require.Contains(t, shown(), `"said": "Ada Lovelace left"`)
	doctor.Silence(groups)
	require.Contains(t, shown(), "401\n")
	require.NotContains(t, shown(), "Ada")
}

// Foreign text is inert in both forms, colour is for terminals, and JSON says
// what it is.
func TestRender(t *testing.T) {
	r := doctor.Report{Groups: []doctor.Group{
		{Checks: []doctor.Check{{ID: "files", Title: "documents", Status: doctor.OK, Detail: "valid"}}},
		{Platform: "cam\x1b[31mpus", Checks: []doctor.Check{
			{ID: "token", Title: "token", Status: doctor.Failed, Detail: "no\n::error::x", Said: "\u202e", Remedy: "do\nit", Credentials: true},
			{ID: "roster", Title: "the roster", Status: doctor.Skipped, Detail: "no"},
		}},
		{Platform: "campus", Gradebook: "bio", Context: "sec-1", Probe: true, Checks: []doctor.Check{{ID: "x", Title: "x", Status: doctor.Warned, Detail: "d", Remedy: "r"}},
			Traits: []doctor.Trait{{Name: "clamps", Value: "yes"}}},
	}}
	var b bytes.Buffer
	require.NoError(t, doctor.Text(&b, r.Groups, false))
	require.Empty(t, cmp.Diff(`Files
  ok    documents  valid

Platform cam\u001b[31mpus
  FAIL  token       no\n::error::x: \u202e
        -> do\nit
  -     the roster  no

Probe of bio/sec-1 on campus
  warn  x  d
        -> r
  What this amounts to:
    clamps: yes

`, b.String()))
	require.Equal(t, "1 check failed: see the lines with FAIL, the first of them first; 1 warning.", doctor.Summary(&r))
	require.Equal(t, "All is well.", doctor.Summary(&doctor.Report{}))
	require.Contains(t, doctor.Summary(&doctor.Report{Interrupted: true}), "not complete")
	require.True(t, r.Credentials())

	b.Reset()
	require.NoError(t, doctor.Text(&b, r.Groups, true))
	require.Contains(t, b.String(), "\x1b[31mFAIL\x1b[0m")

	b.Reset()
	require.NoError(t, doctor.JSON(&b, r))
	for _, c := range b.String() {
		require.True(t, c == '\n' || c >= ' ' && c < 0x7f, "%q", c)
	}
	var back struct {
		FormatVersion int
		Schema        string
		doctor.Report
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &back))
	require.Equal(t, doctor.FormatVersion, back.FormatVersion)
	require.Equal(t, doctor.Schema, back.Schema)
	require.Empty(t, cmp.Diff(r, back.Report))
}

// A profile that is silent on what needs no word is not wrong.
func TestProfileMayBeCareful(t *testing.T) {
	f := doctor.Found{Facts: []doctor.Fact{{Of: "decimals", Is: "2"}, {Of: "rescale", Is: "scales"}}}
	silent := []doctor.Profile{{Name: "sakai"}}
	require.Equal(t, doctor.OK, check(t, doctor.OfProbe(&f, "bio", "sec-1", "campus", "sakai", silent), "probe-profile").Status)
	silent[0].Capabilities.Decimals = 5
	got := check(t, doctor.OfProbe(&f, "bio", "sec-1", "campus", "sakai", silent), "probe-profile")
	require.Equal(t, doctor.Warned, got.Status)
	require.Contains(t, got.Detail, "decimals is 2, the profile says 5")
}
