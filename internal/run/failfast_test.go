package run

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
)

// whys are the reasons that rows were not attempted for, by context.
func whys(r plan.Report) map[string]string {
	out := map[string]string{}
	for i := range r.Contexts {
		for _, row := range r.Contexts[i].Rows {
			if row.Cause == plan.CauseFailFast {
				out[r.Contexts[i].Plan.Gradebook] = row.Why
			}
		}
	}
	return out
}

// With --fail-fast one context that cannot be carried out as planned keeps all
// others from being written to, and says so in each of their rows. Nothing is
// recorded as about to be written.
func TestFailFastWritesNothing(t *testing.T) {
	const mend = "; mend that one and run this again"
	for course, tc := range map[string]struct {
		status, why string
		read        bool // the others are read all the same
	}{
		"gone":  {"failed", "gone/s, which could not be read", false},
		"shut":  {"auth", "shut/s, which could not be read", false},
		"found": {"findings", "found/s, which has findings", true},
		"held":  {"held", "held/s, where something is held", true},
	} {
		t.Run(course, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			docs, env := f.documents(t, append(slices.Clone(well), course)...)
			for _, saved := range []bool{false, true} {
				o := options(t, true, env)
				s := opened(t, docs, o)
				if saved {
					s = reopened(t, docs, s.Plan(t.Context()), o)
				}
				s.opts.FailFast = true
				p := s.Plan(t.Context())
				r, err := s.Apply(t.Context(), p)
				require.NoError(t, err)
				require.Empty(t, r.Run)
				require.NoDirExists(t, o.RunsDir)
				told := whys(r)
				for i := range r.Contexts {
					c := &r.Contexts[i]
					name := c.Plan.Gradebook
					switch {
					case name == course:
						require.EqualValues(t, tc.status, c.Status())
						require.Equal(t, strings.Replace("--fail-fast writes nothing anywhere because of WHY"+mend, "WHY", tc.why, 1), s.Stops(&p))
						continue
					case tc.read, saved:
						require.Equal(t, s.Stops(&p), told[name], name)
						require.Equal(t, plan.Outcomes{NotAttempted: 4}, c.Outcomes(), name)
					case c.Plan.Failure != nil:
						require.Empty(t, cmp.Diff(notRead(course+"/s"), c.Plan.Failure))
					}
					require.Equal(t, plan.NotBegun, c.Status(), name)
				}
				require.Empty(t, f.north.writes())
				require.Empty(t, f.south.writes())
			}
		})
	}
}

// What is held is no reason to stop where the rest is to be written all the same.
func TestFailFastSkipsWhatIsHeld(t *testing.T) {
	f := newFleet(t)
	docs, env := f.documents(t, append(slices.Clone(well), "held")...)
	o := options(t, true, env)
	o.FailFast, o.SkipHeld = true, true
	s := opened(t, docs, o)
	p := s.Plan(t.Context())
	require.Empty(t, s.Stops(&p))
	r, err := s.Apply(t.Context(), p)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]string{"n1: applied", "n2: applied", "n3: applied", "s1: applied", "held: held", "s2: applied", "s3: applied"}, ends(r)))
}

// Without the flag nothing stops anything.
func TestNoFailFast(t *testing.T) {
	f := newFleet(t)
	docs, env := f.documents(t, inTurn...)
	s := opened(t, docs, options(t, false, env))
	p := s.Plan(t.Context())
	require.Empty(t, s.Stops(&p))
	for i := range p.Contexts {
		require.NotEqual(t, plan.NotBegun, p.Contexts[i].Status())
	}
}

// Reading stops at the first context that cannot be read; who had begun by then is
// planned as ever. Of what is known to fail ahead of any request, nobody is asked.
func TestFailFastStopsReading(t *testing.T) {
	c := newLMS(t, "campus")
	docs := load(t, c.books("gone")+c.books(c.named(t, "a", 60)...)+c.document(1))
	o := options(t, false, environment(c))
	o.FailFast = true
	p := opened(t, docs, o).Plan(t.Context())
	require.Equal(t, plan.Failed, p.Contexts[0].Status())
	begun := 0
	for i := range p.Contexts[1:] {
		other := &p.Contexts[1+i]
		if other.Status() == plan.Pending {
			begun++
			continue
		}
		require.Empty(t, cmp.Diff(&plan.Failure{
			Kind:    plan.FailedFast,
			Message: "not read: --fail-fast stopped at gone/s, which could not be read",
			Hint:    "mend that one and run this again, or leave --fail-fast out",
		}, other.Failure))
		require.NotEmpty(t, other.Course, "a saved plan has to say where it is for")
	}
	require.Less(t, begun, 60)
	require.LessOrEqual(t, c.requests(), 3+2*begun+1) // the token; and each is one listing

	keyless := newLMS(t, "keyless")
	asked := c.requests()
	docs = load(t, c.books("a0", "a1")+keyless.books(keyless.named(t, "b", 1)...)+c.document(1)+keyless.document(1))
	for range 30 { // whichever is the first to be looked at
		p = opened(t, docs, o).Plan(t.Context())
		require.Equal(t, []string{"a0/s on campus: not begun", "a1/s on campus: not begun", "b0/s on keyless: auth"}, standing(p))
		require.Equal(t, asked, c.requests())
	}
}

// A plan in which some were not read is good for the rest, and says of them that
// they failed: what stopped them may not be among what is applied.
func TestSavedPlanOfFailFast(t *testing.T) {
	c := newLMS(t, "campus")
	docs := load(t, c.books(c.named(t, "a", 2)...)+c.document(1))
	p := opened(t, docs, options(t, false, environment(c))).Plan(t.Context())
	was := p.Contexts[1]
	p.Contexts[1] = plan.Context{Gradebook: was.Gradebook, Name: was.Name, Platform: was.Platform, Course: was.Course, Failure: notRead("gone/s")}
	s := reopened(t, docs, p, options(t, true, environment(c)))
	p = s.Plan(t.Context())
	require.Equal(t, []string{"a0/s on campus: pending", "a1/s on campus: failed"}, standing(p))
	require.Equal(t, "when the plan was made: "+notRead("gone/s").Message, p.Contexts[1].Failure.Message)
}

// A saved plan is looked at everywhere before anything of it is written anywhere: with
// --fail-fast, one context that is stale, or cannot be read any more, keeps all others
// from being written, and no record is made.
func TestFailFastLooksAtAllOfASavedPlan(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*testing.T, *lms)
		why    string
		status plan.Status
	}{
		"stale": {func(t *testing.T, c *lms) {
			require.NoError(t, c.box.Update(func(st *sandbox.State) error {
				points := 33.0
				st.Courses["a1"].LineItems[0].Results = []*sandbox.Result{{UserID: "s-1", Score: &points}}
				return nil
			}))
		}, "which is not as the plan saw it any more", plan.Outdated},
		"away": {func(t *testing.T, c *lms) {
			c.hooked(func(w http.ResponseWriter, r *http.Request) bool {
				if courseIn(r) == "a1" {
					w.WriteHeader(http.StatusForbidden)
				}
				return courseIn(r) == "a1"
			})
		}, "which could not be read", plan.Unauthorized},
		"as it was": {func(*testing.T, *lms) {}, "", plan.Applied},
	} {
		t.Run(name, func(t *testing.T) {
			c := newLMS(t, "campus")
			for _, course := range []string{"a0", "a1", "a2"} {
				c.holds(t, course, sandbox.LineItem{Label: "Homework 1", ResourceID: "hw1"}, 10)
			}
			docs := load(t, c.books("a0", "a1", "a2")+c.document(2))
			p := opened(t, docs, options(t, false, environment(c))).Plan(t.Context())
			tc.change(t, c)
			o := options(t, true, environment(c))
			o.FailFast = true
			s := reopened(t, docs, p, o)
			r, err := s.Apply(t.Context(), s.Plan(t.Context()))
			require.NoError(t, err)
			for i := range r.Contexts {
				want := plan.NotBegun
				if tc.why == "" || i == 1 {
					want = tc.status
				}
				require.Equal(t, want, r.Contexts[i].Status(), "%+v", r.Contexts[i].Rows)
				for _, row := range r.Contexts[i].Rows {
					if want == plan.NotBegun {
						require.Equal(t, "--fail-fast writes nothing anywhere because of a1/s, "+tc.why+"; mend that one and run this again", row.Why)
					}
				}
			}
			require.Equal(t, tc.why != "", r.Run == "")
			require.Equal(t, tc.why != "", len(c.writes()) == 0, "%v", c.writes())
		})
	}
}

// While writing, the first context that is not applied in full keeps those from
// being begun that have not. Each is written as a whole or not at all, and an undo
// of the run takes back what it wrote and nothing else, also where another run has
// written the same in the meantime.
func TestFailFastStopsWriting(t *testing.T) {
	c := newLMS(t, "campus")
	courses := c.named(t, "a", 40)
	docs, env := load(t, c.books(courses...)+c.document(1)), environment(c)
	o := options(t, true, env)
	o.FailFast = true
	s := opened(t, docs, o)
	p := s.Plan(t.Context())
	c.hooked(refusing("a0", http.StatusBadRequest))
	r, err := s.Apply(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, plan.Part, r.Contexts[0].Status())
	require.NotZero(t, c.writes()["a0"])
	began := map[string]bool{}
	for i := range r.Contexts[1:] {
		other := &r.Contexts[1+i]
		course := other.Plan.Gradebook
		if other.Status() == plan.Applied {
			began[course] = true
			continue
		}
		require.Equal(t, plan.NotBegun, other.Status(), course)
		require.Zero(t, c.writes()[course])
		for _, row := range other.Rows {
			require.Equal(t, plan.NotAttempted, row.Outcome)
			require.Equal(t, "--fail-fast stopped at a0/s, which was not applied in full, before this context began; mend that one and run this again", row.Why)
		}
		require.Len(t, other.Rows, 4)
	}
	require.Less(t, len(began), len(courses)-1, "not all began")

	c.hooked(nil)
	again, err := os.MkdirTemp(t.TempDir(), "runs")
	require.NoError(t, err)
	o.RunsDir = again
	s = opened(t, docs, o)
	for _, end := range applied(t, s, t.Context(), s.Plan(t.Context())) {
		require.Regexp(t, `: (applied|unchanged), `, end)
	}
	back := options(t, true, env)
	back.Note = func(string) {}
	undo, err := Undo(docs, r.Run, nil, back)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, undo.Close()) })
	taken := map[string]bool{}
	for _, context := range undo.Plan(t.Context()).Contexts {
		if len(context.Items) > 0 && context.Gradebook != "a0" { // which was sent to, if in vain
			taken[context.Gradebook] = true
		}
	}
	require.Empty(t, cmp.Diff(began, taken))
}

// An undo, too, puts back all or nothing.
func TestFailFastUndo(t *testing.T) {
	c := newLMS(t, "campus")
	docs, env := load(t, c.books(c.named(t, "a", 3)...)+c.document(8)), environment(c)
	s := opened(t, docs, options(t, true, env))
	r, err := s.Apply(t.Context(), s.Plan(t.Context()))
	require.NoError(t, err)
	require.NoError(t, c.box.Update(func(st *sandbox.State) error { delete(st.Courses, "a1"); return nil }))
	sent := len(c.writes())
	o := options(t, true, env)
	o.FailFast, o.SkipHeld = true, true
	undo, err := Undo(docs, r.Run, nil, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, undo.Close()) })
	before := c.writes()["a0"] + c.writes()["a2"]
	r, err = undo.Apply(t.Context(), undo.Plan(t.Context()))
	require.NoError(t, err)
	require.Equal(t, plan.Failed, r.Contexts[1].Status())
	require.Equal(t, before, c.writes()["a0"]+c.writes()["a2"])
	require.Len(t, c.writes(), sent)
	for _, i := range []int{0, 2} {
		require.Equal(t, plan.NotBegun, r.Contexts[i].Status())
	}
}
