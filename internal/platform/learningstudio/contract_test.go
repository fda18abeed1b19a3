package learningstudio

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/lab"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/internal/transport"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/reconcile/platformtest"
)

// bench is a sandbox with the face of LearningStudio, and a client of ours that
// signs, or that logs in.
func bench(t *testing.T, o sandbox.Options, login bool) *lab.Bench {
	t.Helper()
	o.Face = sandbox.FaceLearningStudio
	b := lab.Open(t, lab.Options{Sandbox: o})
	b.Links = []string{"100500000001", "100500000002", "100500000003"}
	skew := transport.NewClockSkew(time.Now)
	limits := transport.Config{Concurrency: 8, Timeout: 30 * time.Second, Retries: -1, Skew: skew, Now: time.Now}
	stack := transport.Stack(b.Transport(), limits)
	tool := b.Box.LearningStudio()
	var signer Signer = OAuth1{ApplicationID: tool.ApplicationID, ConsumerKey: tool.ConsumerKey, Secret: tool.Secret.Value, Now: skew.Now}
	if login {
		signer = &OAuth2Password{
			HTTP: &http.Client{Transport: stack}, URL: sandbox.InProcessURL, ApplicationID: tool.ApplicationID,
			ClientString: tool.ClientString, Username: tool.Username, Password: tool.Password.Value, Now: time.Now,
		}
	}
	hc := &http.Client{Transport: transport.Retry(Signed(stack, signer), 0)}
	p, err := New(hc, Options{URL: sandbox.InProcessURL, Course: lab.Course})
	require.NoError(t, err)
	b.Platform = p
	return b
}

// column is one that an instructor has made.
func column(label string, maximum float64) platformtest.Deed {
	return platformtest.Deed{New: &plan.LineItem{Label: label, ScoreMaximum: maximum}}
}

// byHand is what the instructor makes for each group of the contract, and how
// many of its steps a tool can then do. What comes after them is found, and so
// is the rest of the groups: columns are to be made, renamed or deleted.
func byHand() map[string]struct {
	columns []platformtest.Deed
	steps   int
} {
	type made = struct {
		columns []platformtest.Deed
		steps   int
	}
	one := []platformtest.Deed{column("Homework 1", 50)}
	two := append(slices.Clone(one), column("Homework 2", 50))
	var seven []platformtest.Deed
	for i := range 7 {
		seven = append(seven, column(fmt.Sprint("Homework ", i+1), 10))
	}
	linked := []platformtest.Deed{{New: &plan.LineItem{Label: "Homework 1", ScoreMaximum: 50, ResourceLinkID: "{l1}"}}}
	return map[string]made{
		"columns come, change and go":                        {append(slices.Clone(two), column("Homework 3", 1)), 1},
		"what no file names stays":                           {one, 1},
		"dates, release and extensions":                      {one, 1},
		"a column of the same title is taken over":           {nil, 1},
		"resource links":                                     {linked, 1},
		"a column of a link is deleted, or the report tells": {append(slices.Clone(linked), column("Homework 2", 50), column("Homework 3", 50)), 1},
		"scores of every kind":                               {one, 3},
		"small differences count":                            {[]platformtest.Deed{column("Homework 1", 1), column("Homework 2", 10)}, 2},
		"comments":                                           {one, 4},
		"a new maximum, and scores at once":                  {one, 3},
		"a teacher's hand":                                   {linked, 2},
		"a locked column":                                    {two, 2},
		"one attempt":                                        {one, 3},
		"a stranger stops nobody else":                       {one, 1},
		"what is too long or too large":                      {nil, 0},
		"many columns":                                       {seven, 1},
		"everyone has a grade":                               {[]platformtest.Deed{column("Homework 1", 10)}, 1},
	}
}

// The contract, as far as it goes where only people make columns.
func TestContract(t *testing.T) {
	hand := byHand()
	for _, login := range []bool{false, true} {
		for _, g := range platformtest.Groups() {
			made, listed := hand[g.Name]
			require.True(t, listed, "the group %q is new: say what of it LearningStudio can do", g.Name)
			g.Steps = slices.Clone(g.Steps)
			for i := range g.Steps {
				s := &g.Steps[i]
				s.Do = slices.Clone(s.Do)
				for k := range s.Do { // nothing has a resourceId
					s.Do[k].Column = strings.Replace(s.Do[k].Column, "hw", "Homework ", 1)
				}
				if i == 0 {
					s.Do = append(slices.Clone(made.columns), s.Do...)
				}
				s.Foreseen = false
				if s.Found = i >= made.steps; s.Found {
					// By its title; by what nothing has, nothing can be found to be deleted.
					s.Files = regexp.MustCompile(`resourceId: hw\d, `).ReplaceAllString(s.Files, "")
				}
			}
			t.Run(fmt.Sprintf("%s/login %v", g.Name, login), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := bench(t, sandbox.Options{}, login)
					for _, p := range g.Try(t.Context(), &b.Lab) {
						t.Error(p)
					}
				})
			})
		}
	}
}

// What a tool cannot do is found before anything is written, with words where it
// is done.
func TestColumnsAreFixed(t *testing.T) {
	for name, book := range map[string]string{
		"create": `  - {label: Homework 9, scoreMaximum: 50}`,
		"rename": `  - {label: Homework One, scoreMaximum: 50, resourceLinkId: "{l1}"}`,
		"delete": `  - {label: Homework 1, absent: true}`,
		"link":   `  - {label: Homework 1, scoreMaximum: 50, resourceLinkId: "{l2}"}`,
		"people": `  - {label: Homework 1, scoreMaximum: 50, scores: [{userId: s-1, scoreGiven: 1}]}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := bench(t, sandbox.Options{}, false)
			require.NoError(t, b.LMS.Do(platformtest.Deed{New: &plan.LineItem{Label: "Homework 1", ScoreMaximum: 50, ResourceLinkID: b.Links[0]}}))
			before := b.LMS.Truth()
			r, _ := b.Once(t.Context(), book, nil, false)
			require.NotEmpty(t, r.Plan.Findings, name)
			if name != "people" {
				require.Contains(t, r.Plan.Findings[0].Hint, "in LearningStudio itself", name)
			}
			require.Empty(t, cmp.Diff(before, b.LMS.Truth()))
		})
	}
}

const (
	firstBook = `
  - label: Homework 1
    scoreMaximum: 50
    scores:
      - {userId: "{p1}", scoreGiven: 10, comment: One, letterGrade: C}
      - {userId: "{p2}", scoreGiven: 20, shareWithStudent: true}
      - {userId: "{p3}", scoreGiven: 30}
  - {label: Homework 2, scoreMaximum: 10, scores: [{userId: "{p1}", scoreGiven: 1, scoreMaximum: 3}]}
`
	secondBook = `
  - label: Homework 1
    scoreMaximum: 60
    scores:
      - {userId: "{p1}", scoreGiven: 11, comment: null}
      - {userId: "{p2}", scoreGiven: null}
      - {userId: "{p3}", scoreGiven: 31, comment: Three, letterGrade: B}
  - {label: Homework 2, scoreMaximum: 10, scores: [{userId: "{p1}", scoreGiven: 1, scoreMaximum: 3}, {userId: "{p4}", scoreGiven: 6}]}
`
)

// Whatever goes wrong on the way, a few runs lead to what is there where nothing
// does; and no run breaks a promise.
func TestUnderFaults(t *testing.T) {
	calm := outcome(t, sandbox.Options{}, false)
	require.Contains(t, calm, `Homework 1 101 11 of 60 [] "C" false`, "what nobody named is carried through")
	require.Contains(t, calm, `Homework 1 103 31 of 60 ["Three"] "B" false`)
	for _, f := range []sandbox.Fault{
		{Kind: sandbox.FaultStatus, Status: 503, Share: 0.2},
		{Kind: sandbox.FaultStatus, Status: 429, RetryAfter: time.Second, Share: 0.2},
		{Kind: sandbox.FaultStatus, Status: 500, Share: 0.2},
		{Kind: sandbox.FaultDropBefore, Share: 0.2},
		{Kind: sandbox.FaultDropAfter, Share: 0.2},
		{Kind: sandbox.FaultDropAfter, On: "scores", Share: 0.6},
		{Kind: sandbox.FaultDropAfter, On: "PUT lineitem", Share: 0.6},
		{Kind: sandbox.FaultTruncate, Share: 0.2},
		{Kind: sandbox.FaultJSON, Share: 0.2},
		{Kind: sandbox.FaultHTML, On: "lineitems", Share: 0.2},
		{Kind: sandbox.FaultHang, Times: 2, Share: 0.1},
		{Kind: sandbox.FaultDrip, Times: 2, Share: 0.1},
		{Kind: sandbox.FaultRevoke, Times: 1, Share: 0.1},
		{Kind: sandbox.FaultRedirect, Times: 1, Share: 0.1},
		{Kind: sandbox.FaultStale, Behind: time.Second, Share: 0.5},
		{Kind: sandbox.FaultClock, Behind: time.Hour},
	} {
		for seed := range uint64(2) {
			for _, login := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s %d, seed %d, login %v", f.On, f.Kind, f.Status, seed, login), func(t *testing.T) {
					require.Empty(t, cmp.Diff(calm, outcome(t, sandbox.Options{Seed: seed, Faults: []sandbox.Fault{f}}, login)))
				})
			}
		}
	}
}

// outcome is what the LMS holds after both books.
func outcome(t *testing.T, o sandbox.Options, login bool) (held []string) {
	synctest.Test(t, func(t *testing.T) {
		b := bench(t, o, login)
		for _, d := range []platformtest.Deed{column("Homework 1", 50), column("Homework 2", 10)} {
			require.NoError(t, b.LMS.Do(d))
		}
		for _, book := range []string{firstBook, secondBook} {
			for range 4 {
				r, problems := b.Once(t.Context(), book, []string{"clear", "rescale", "lowered"}, len(o.Faults) == 0)
				require.Empty(t, problems)
				time.Sleep(b.Settle)
				if r != nil && r.Failure == nil && r.Status() != plan.Part {
					break
				}
			}
		}
		for _, i := range b.Box.Snapshot().Courses[lab.Course].LineItems {
			for _, r := range i.Results {
				cell := platformtest.Cell{Score: r.Score, Maximum: i.ScoreMaximum}
				if r.Comment != "" {
					cell.Comments = []string{r.Comment}
				}
				held = append(held, fmt.Sprintf("%s %s %v %q %q %v", i.Label, r.UserID, cell, cell.Comments, r.LetterGrade, r.ShareWithStudent))
			}
		}
		slices.Sort(held)
	})
	return held
}

// An instructor's removal leaves the shell of a grade: it is put with its id, and
// read as none.
func TestRemovedGrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bench(t, sandbox.Options{}, false)
		require.NoError(t, b.LMS.Do(column("Homework 1", 50)))
		const book = `
  - {label: Homework 1, scoreMaximum: 50, scores: [{userId: "{p1}", scoreGiven: 10, letterGrade: A}]}
`
		for range 2 {
			r, problems := b.Once(t.Context(), book, nil, true)
			require.Empty(t, problems)
			require.Len(t, r.Rows, 1)
			require.Equal(t, plan.Confirmed, r.Rows[0].Outcome)
			i := b.Box.Snapshot().Courses[lab.Course].LineItems[0]
			require.Equal(t, 10.0, *i.Results[0].Score)
			require.NoError(t, b.Box.RemoveGrade(lab.Course, i.Number, "101"))
			results, err := all(t, b.Platform.Results(t.Context(), sandbox.GUID(lab.Course, i.Number)))
			require.NoError(t, err)
			require.Empty(t, cmp.Diff([]plan.Result{{UserID: "101"}}, results))
		}
	})
}

// The face refuses what is not ours.
func TestWrongCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bench(t, sandbox.Options{}, false)
		tool := b.Box.LearningStudio()
		for name, signer := range map[string]Signer{
			"another secret": OAuth1{ApplicationID: tool.ApplicationID, ConsumerKey: tool.ConsumerKey, Secret: strings.Repeat("x", 32), Now: time.Now},
			"an old time": OAuth1{
				ApplicationID: tool.ApplicationID, ConsumerKey: tool.ConsumerKey, Secret: tool.Secret.Value,
				Now: func() time.Time { return time.Now().Add(-10 * time.Minute) },
			},
			"another password": &OAuth2Password{
				HTTP: &http.Client{Transport: b.Transport()}, URL: sandbox.InProcessURL, ApplicationID: tool.ApplicationID,
				ClientString: tool.ClientString, Username: tool.Username, Password: "open sesame", Now: time.Now,
			},
		} {
			p, err := New(&http.Client{Transport: Signed(b.Transport(), signer)}, Options{URL: sandbox.InProcessURL, Course: lab.Course})
			require.NoError(t, err)
			_, err = p.LineItems(t.Context())
			f := asFault(t, err)
			require.Equal(t, reconcile.Denied, f.Kind, name)
			require.NotEmpty(t, f.Hint)
			require.NotContains(t, f.Error()+f.Said, "sesame")
		}
	})
}
