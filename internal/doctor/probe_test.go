package doctor_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/doctor"
	"github.com/gradesync/gradesync/internal/lab"
	"github.com/gradesync/gradesync/internal/platform/ags"
	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// student is one of the course's.
const student = "101"

func prober(b *lab.Bench, person string) doctor.Prober {
	return doctor.Prober{Platform: b.Platform, Clock: b.Clock, Settle: b.Settle, Grace: 30 * time.Second, Person: person, Mark: "test"}
}

// words are what a probe found, of what and as what.
func words(f doctor.Found) map[string]string {
	out := map[string]string{}
	for _, fact := range f.Facts {
		out[fact.Of] = fact.Is
	}
	return out
}

// columns are the labels of what is in the course.
func columns(b *lab.Bench) (labels []string) {
	for _, li := range b.Box.Snapshot().Courses[lab.Course].LineItems {
		labels = append(labels, li.Label)
	}
	return labels
}

func addColumn(t *testing.T, b *lab.Bench, li sandbox.LineItem) {
	t.Helper()
	require.NoError(t, b.Box.Update(func(st *sandbox.State) error {
		c := st.Courses[lab.Course]
		li.Number, li.ScoreMaximum = c.NextLineItem, 10
		c.NextLineItem++
		c.LineItems = append(c.LineItems, &li)
		return nil
	}))
}

// plain is what a platform does that keeps to the specifications and to the
// sandbox's own choices.
func plain() map[string]string {
	return map[string]string{
		"delay": "none", "label": "kept", "scoreMaximum": "kept", "resourceId": "kept", "tag": "kept",
		"startDateTime": "kept", "endDateTime": "kept", "gradesReleased": "kept", "extensions": "kept",
		"put": "works", "left-out": "goes", "cleared": "goes", "long-label": "kept", "fraction": "kept",
		"listing": "proven", "filter": "heeded",
		"score": "kept", "decimals": "6", "comment": "replaced", "above": "kept",
		"stale": "refused", "equal": "refused", "seconds": "accepted", "rescale": "scales", "clear": "goes", "zero": "none",
		"delete": "deletes",
	}
}

// Every habit that a probe can see is seen, and nothing is left behind.
func TestProbeSeesQuirks(t *testing.T) {
	one := func(pairs ...string) map[string]string {
		m := plain()
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
			if pairs[i+1] == "" { // not tried
				delete(m, pairs[i])
			}
		}
		return m
	}
	for q, want := range map[quirk.Quirk]map[string]string{
		"":                        plain(),
		quirk.PutMerges:           one("left-out", "stays"),
		quirk.EchoesRequest:       plain(),
		quirk.DropsDates:          one("startDateTime", "not-kept", "endDateTime", "not-kept"),
		quirk.DropsReleased:       one("gradesReleased", "not-kept"),
		quirk.DropsExtensions:     one("extensions", "not-kept"),
		quirk.DropsResourceID:     one("resourceId", "not-kept", "filter", "misses"),
		quirk.DropsTag:            one("tag", "not-kept", "left-out", "unknown", "cleared", "unknown"),
		quirk.DeleteKeeps:         one("delete", "keeps"),
		quirk.DeleteAnswers200:    plain(),
		quirk.CreateAnswers200:    plain(),
		quirk.WholeMaximum:        one("fraction", "refused"),
		quirk.SubstitutesLabel:    one("label", "not-kept", "long-label", ""),
		quirk.LongText502:         one("long-label", "bounded"),
		quirk.IntegerPutID:        plain(),
		quirk.IgnoresFilters:      one("filter", "ignored"),
		quirk.CommentsAppend:      one("comment", "stays"),
		quirk.CommentsHidden:      one("comment", "hidden"),
		quirk.CommentsDropped:     one("comment", "hidden"),
		quirk.Stale400:            plain(),
		quirk.StaleIgnored:        one("stale", "ignored", "equal", "ignored"),
		quirk.StaleAccepted:       one("stale", "accepted", "equal", "accepted"),
		quirk.EqualAccepted:       one("equal", "accepted"),
		quirk.WholeSeconds:        one("seconds", "refused"),
		quirk.KeepsPoints:         one("rescale", "points"),
		quirk.MaximumAsPosted:     one("rescale", "as-posted"),
		quirk.NoGradeToZero:       one("zero", "becomes"),
		quirk.CutsScores:          one("above", "cut"),
		quirk.FiveDecimals:        one("decimals", "5"),
		quirk.UnsortedResults:     plain(),
		quirk.ClearedShowsUser:    plain(),
		quirk.BareResults:         plain(),
		quirk.PutStamps:           plain(),
		quirk.PendingManualCounts: plain(),
	} {
		t.Run(string(q), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := sandbox.Options{}
				if q != "" {
					o.Quirks = []quirk.Quirk{q}
				}
				b := lab.Open(t, lab.Options{Sandbox: o, Client: ags.Generic()})
				addColumn(t, b, sandbox.LineItem{Label: "Homework", ResourceID: "hw"})
				found := prober(b, student).Run(t.Context())
				require.Nil(t, found.Failure)
				require.Empty(t, cmp.Diff(want, words(found)))
				left := []string{"Homework"}
				if q == quirk.DeleteKeeps {
					left = append(left, doctor.ScratchLabel)
				}
				require.Equal(t, left, columns(b))
			})
		})
	}
}

// On each known platform the probe agrees with the profile, and finds it wrong
// where it is another's.
func TestProbeKnowsProfiles(t *testing.T) {
	var profiles []doctor.Profile
	for _, p := range ags.Profiles() {
		profiles = append(profiles, doctor.Profile{Name: p.Name, Capabilities: p.Capabilities})
	}
	last := func(g doctor.Group) doctor.Check { return g.Checks[len(g.Checks)-1] }
	for _, name := range quirk.Profiles() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := lab.Open(t, lab.Options{Sandbox: sandbox.Options{Profile: name}})
				found := prober(b, student).Run(t.Context())
				require.Nil(t, found.Failure)
				require.Empty(t, columns(b))
				require.Equal(t, "deletes", words(found)["delete"])
				c := last(doctor.OfProbe(&found, "bio", "sec-1", "campus", name, profiles))
				require.Equal(t, doctor.OK, c.Status, c.Detail)
				require.Contains(t, last(doctor.OfProbe(&found, "bio", "sec-1", "campus", "", profiles)).Detail, name)
				other := quirk.Moodle
				if name == other {
					other = quirk.Canvas
				}
				c = last(doctor.OfProbe(&found, "bio", "sec-1", "campus", other, profiles))
				require.Equal(t, doctor.Warned, c.Status)
				require.Contains(t, c.Detail, "the profile says")
			})
		})
	}
}

// Without a person, an id that nobody has is tried: most platforms refuse it.
func TestProbeStrangers(t *testing.T) {
	for q, want := range map[quirk.Quirk]string{
		quirk.Strangers400: "refused", quirk.Strangers403: "refused", quirk.Strangers404: "refused", quirk.Strangers422: "refused",
		quirk.NumericIDs: "fails", "": "taken",
	} {
		synctest.Test(t, func(t *testing.T) {
			o := sandbox.Options{}
			if q != "" {
				o.Quirks = []quirk.Quirk{q}
			}
			b := lab.Open(t, lab.Options{Sandbox: o, Client: ags.Generic()})
			found := prober(b, "").Run(t.Context())
			require.Nil(t, found.Failure)
			require.Equal(t, want, words(found)["stranger"], q)
			_, scored := words(found)["decimals"]
			require.Equal(t, q == "", scored)
			g := doctor.OfProbe(&found, "bio", "sec-1", "campus", "", nil)
			c := g.Checks[slices.IndexFunc(g.Checks, func(c doctor.Check) bool { return c.ID == "probe-stranger" })]
			require.NotEmpty(t, c.Remedy)
			if q != "" {
				require.Contains(t, c.Remedy, "--probe-user")
			}
			require.Empty(t, columns(b))
		})
	}
}

// A person whom the platform does not know is a failure that says what is wanted.
func TestProbeWrongPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := lab.Open(t, lab.Options{Sandbox: sandbox.Options{Quirks: []quirk.Quirk{quirk.Strangers422}}, Client: ags.Generic()})
		found := prober(b, b.Stranger).Run(t.Context())
		g := doctor.OfProbe(&found, "bio", "sec-1", "campus", "", nil)
		c := g.Checks[slices.IndexFunc(g.Checks, func(c doctor.Check) bool { return c.ID == "probe-score" })]
		require.Equal(t, doctor.Failed, c.Status)
		require.Contains(t, c.Remedy, "active student")
		require.NotContains(t, c.Detail, b.Stranger)
		require.Empty(t, columns(b))
	})
}

// hook is a Platform in front of which something happens.
type hook struct {
	reconcile.Platform
	before func(op string) error
}

func (h hook) CreateLineItem(ctx context.Context, li plan.LineItem) (string, error) {
	if err := h.before("create"); err != nil {
		return "", err
	}
	id, err := h.Platform.CreateLineItem(ctx, li)
	if lost := h.before("created"); lost != nil {
		return "", lost
	}
	return id, err
}

func (h hook) ReplaceLineItem(ctx context.Context, li plan.LineItem, cleared []string) error {
	if err := h.before("put"); err != nil {
		return err
	}
	return h.Platform.ReplaceLineItem(ctx, li, cleared)
}

func (h hook) PostScore(ctx context.Context, id string, s reconcile.Score) error {
	if err := h.before("score"); err != nil {
		return err
	}
	return h.Platform.PostScore(ctx, id, s)
}

func (h hook) DeleteLineItem(ctx context.Context, id string) error {
	if err := h.before("delete"); err != nil {
		return err
	}
	return h.Platform.DeleteLineItem(ctx, id)
}

// Interrupted anywhere, the probe removes what it made.
func TestProbeInterrupted(t *testing.T) {
	for _, at := range []string{"create", "created", "put", "score"} {
		synctest.Test(t, func(t *testing.T) {
			b := lab.Open(t, lab.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			p := prober(b, student)
			p.Platform = hook{b.Platform, func(op string) error {
				if op == at {
					cancel()
				}
				return nil
			}}
			found := p.Run(ctx)
			require.NotNil(t, found.Failure, at)
			require.Equal(t, plan.FailedInterrupted, found.Failure.Kind)
			require.Empty(t, columns(b), at)
		})
	}
}

// A probe that is killed leaves its line item; the next one finds it by label
// and resourceId, and leaves alone what only looks like it.
func TestProbeSweeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := lab.Open(t, lab.Options{})
		addColumn(t, b, sandbox.LineItem{Label: doctor.ScratchLabel + "xxxx", ResourceID: doctor.ScratchPrefix + "old"})
		addColumn(t, b, sandbox.LineItem{Label: "Mine now", ResourceID: doctor.ScratchPrefix + "taken"})
		addColumn(t, b, sandbox.LineItem{Label: doctor.ScratchLabel})
		addColumn(t, b, sandbox.LineItem{Label: "Homework", ResourceID: "hw"})
		found := prober(b, student).Run(t.Context())
		require.Nil(t, found.Failure)
		var swept []string
		for _, f := range found.Facts {
			if f.Of == "leftover" {
				swept = append(swept, f.Is)
			}
		}
		slices.Sort(swept)
		require.Equal(t, []string{"doubtful", "doubtful", "removed"}, swept)
		require.Equal(t, []string{"Mine now", doctor.ScratchLabel, "Homework"}, columns(b))
	})
}

// A platform that does not delete is told about, with what to do.
func TestProbeCannotRemove(t *testing.T) {
	for name, refuse := range map[string]error{
		"refuses": &reconcile.Fault{Kind: reconcile.Denied, Err: context.DeadlineExceeded},
		"fails":   &reconcile.Fault{Kind: reconcile.Doubt, Err: context.DeadlineExceeded},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := lab.Open(t, lab.Options{})
			p := prober(b, student)
			p.Platform = hook{b.Platform, func(op string) error {
				if op == "delete" {
					return refuse
				}
				return nil
			}}
			found := p.Run(t.Context())
			g := doctor.OfProbe(&found, "bio", "sec-1", "campus", "", nil)
			c := g.Checks[slices.IndexFunc(g.Checks, func(c doctor.Check) bool { return c.ID == "probe-delete" })]
			require.Equal(t, doctor.Failed, c.Status, name)
			require.Contains(t, c.Detail, "/lineitems/1", "its id")
			require.Contains(t, c.Remedy, "by hand")
		})
	}
}

// A create whose answer is lost is looked up, used and removed, by its label
// where no resourceId is kept; one that is refused ends the probe and leaves
// nothing.
func TestProbeCreate(t *testing.T) {
	for _, tc := range []struct {
		op     string
		kind   reconcile.FaultKind
		quirks []quirk.Quirk
	}{{"created", reconcile.Doubt, nil}, {"created", reconcile.Doubt, []quirk.Quirk{quirk.DropsResourceID}}, {"create", reconcile.Refused, nil}} {
		synctest.Test(t, func(t *testing.T) {
			b := lab.Open(t, lab.Options{Sandbox: sandbox.Options{Quirks: tc.quirks}, Client: ags.Generic()})
			p := prober(b, student)
			p.Platform = hook{b.Platform, func(at string) error {
				if at == tc.op {
					return &reconcile.Fault{Kind: tc.kind, Err: http.ErrHandlerTimeout}
				}
				return nil
			}}
			found := p.Run(t.Context())
			require.Equal(t, tc.op == "create", found.Failure != nil)
			require.Equal(t, tc.op == "created", words(found)["delete"] == "deletes")
			require.Empty(t, columns(b))
		})
	}
}

// mute is a platform whose results cannot be read.
type mute struct{ reconcile.Platform }

func (mute) Results(context.Context, string) iter.Seq2[plan.Result, error] {
	return func(yield func(plan.Result, error) bool) {
		yield(plan.Result{}, &reconcile.Fault{Kind: reconcile.Doubt, Err: errors.New("502 Bad Gateway")})
	}
}

// Results that cannot be read are no answer to a score.
func TestProbeWithoutResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := lab.Open(t, lab.Options{})
		p := prober(b, student)
		p.Platform = mute{b.Platform}
		found := p.Run(t.Context())
		require.NotNil(t, found.Failure)
		require.Contains(t, found.Failure.Message, "502")
		require.NotContains(t, words(found), "score")
		require.Empty(t, columns(b))
	})
}

// What goes wrong on the way is no habit of the platform: what shows late is
// waited for, and what fails now and then is tried again.
func TestProbeOnBadDays(t *testing.T) {
	for spec, delay := range map[string]string{
		"stale:behind=3s": "some", "429:25%:retry-after=1": "none", "503:20%": "none", "drop-after:15%": "none", "truncate:15%": "none",
	} {
		synctest.Test(t, func(t *testing.T) {
			fault, err := sandbox.ParseFault(spec)
			require.NoError(t, err)
			b := lab.Open(t, lab.Options{Sandbox: sandbox.Options{Faults: []sandbox.Fault{fault}, Seed: 7}})
			addColumn(t, b, sandbox.LineItem{Label: "Homework", ResourceID: "hw"})
			time.Sleep(4 * time.Second)
			found := prober(b, student).Run(t.Context())
			require.Nil(t, found.Failure, spec)
			want, got := plain(), words(found)
			if delay == "none" { // a create that is looked up takes its time
				delete(want, "delay")
				delete(got, "delay")
			} else {
				want["delay"] = delay
			}
			require.Empty(t, cmp.Diff(want, got), spec)
			require.Equal(t, []string{"Homework"}, columns(b))
		})
	}
}

// Everything that a probe may say is said in words, with a remedy where one is
// due, and without a verb left over.
func TestMeaningsAreWhole(t *testing.T) {
	for _, q := range append(quirk.All(), "") {
		synctest.Test(t, func(t *testing.T) {
			o := sandbox.Options{}
			if q != "" {
				o.Quirks = []quirk.Quirk{q}
			}
			b := lab.Open(t, lab.Options{Sandbox: o, Client: ags.Generic()})
			found := prober(b, student).Run(t.Context())
			g := doctor.OfProbe(&found, "bio", "sec-1", "campus", "", nil)
			for _, c := range g.Checks {
				require.NotEmpty(t, c.Status, "%s %v", q, c)
				require.NotEmpty(t, c.Detail, "%s %v", q, c)
				require.NotContains(t, c.Detail, "%")
				if c.Status == doctor.Warned || c.Status == doctor.Failed {
					require.NotEmpty(t, c.Remedy, "%s %v", q, c)
				}
			}
			left := len(columns(b)) > 0
			require.Equal(t, words(found)["delete"] != "deletes", left, "%s: what is left is told", q)
		})
	}
}
