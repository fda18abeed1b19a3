package lab

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/platform/ags"
	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile/platformtest"
)

// runs is how many random worlds are tried; PROPERTY_RUNS and PROPERTY_FROM
// change that.
func runs(t *testing.T) (from, to uint64) {
	number := func(name string, normal uint64) uint64 {
		text := os.Getenv(name)
		if text == "" {
			return normal
		}
		n, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, name)
		return n
	}
	from = number("PROPERTY_FROM", 0)
	n := uint64(60)
	if testing.Short() {
		n = 10
	}
	return from, from + number("PROPERTY_RUNS", n)
}

// Random gradebooks, on random platforms, under random faults: after at most
// three applies the LMS holds what it holds where nothing goes wrong; no
// column is there twice, nothing that no file names is touched, and every row
// of every run has an outcome.
func TestProperty(t *testing.T) {
	from, to := runs(t)
	const chunks = 4
	for chunk := range uint64(chunks) {
		t.Run(fmt.Sprintf("chunk %d", chunk), func(t *testing.T) {
			t.Parallel()
			for seed := from + chunk; seed < to; seed += chunks {
				w := newWorld(seed)
				calm, problems := w.run(t, false)
				if len(problems) == 0 {
					var stormy platformtest.Truth
					stormy, problems = w.run(t, true)
					problems = append(problems, w.differ(calm, stormy)...)
				}
				if len(problems) > 0 {
					t.Errorf("PROPERTY_FROM=%d PROPERTY_RUNS=1: %s\n%s", seed, w, strings.Join(problems, "\n"))
				}
			}
		})
	}
}

// world is a platform, what goes wrong, and two versions of a gradebook.
type world struct {
	seed   uint64
	box    sandbox.Options
	faults []sandbox.Fault
	books  []string
}

func (w world) String() string {
	var faults []string
	for _, f := range w.faults {
		faults = append(faults, fmt.Sprintf("%s %s %.2f %d", f.On, f.Kind, f.Share, f.Status))
	}
	return fmt.Sprintf("profile %q, quirks %v, rate %v, pages %d, faults %q, gradebooks:%s", w.box.Profile, w.box.Quirks, w.box.RequestsPerSecond, w.box.PageSize, faults, strings.Join(w.books, "---"))
}

func newWorld(seed uint64) world {
	r := rand.New(rand.NewPCG(seed, 1))
	w := world{seed: seed, box: sandbox.Options{Seed: seed, PageSize: r.IntN(4)}}
	if r.IntN(3) > 0 {
		w.box.Profile = quirk.Profiles()[r.IntN(len(quirk.Profiles()))]
	}
	for range r.IntN(4) {
		if q := strange[r.IntN(len(strange))]; !slices.Contains(w.box.Quirks, q) {
			w.box.Quirks = append(w.box.Quirks, q)
		}
	}
	if slices.Contains(w.box.Quirks, quirk.CutsScores) {
		// A score above a new maximum would stay as it is unless it is sent
		// again, and be cut if it is: no end is the right one.
		w.box.Quirks = slices.DeleteFunc(w.box.Quirks, func(q quirk.Quirk) bool { return q == quirk.KeepsPoints })
	}
	if r.IntN(4) == 0 {
		w.box.RequestsPerSecond = 20 + 40*r.Float64()
	}
	share := 0.25
	for range 1 + r.IntN(3) {
		f := calamities[r.IntN(len(calamities))]
		if f.Share == 0 {
			f.Share = share * r.Float64()
			share -= f.Share
		}
		w.faults = append(w.faults, f)
	}
	first := newBook(r)
	second := first.changed(r)
	w.books = []string{first.yaml(), second.yaml()}
	return w
}

// strange are the quirks that may come on top of a profile, and that the
// client has not been told of.
var strange = []quirk.Quirk{
	quirk.PutMerges, quirk.BlankForCleared, quirk.EchoesRequest, quirk.DropsDates, quirk.DropsTag, quirk.DeleteKeeps,
	quirk.DeleteAnswers200, quirk.CreateAnswers200, quirk.ForeignIDs, quirk.IntegerPutID, quirk.IgnoresFilters,
	quirk.LinkCurly, quirk.LinkUnquoted, quirk.LinkRelative, quirk.LinkSeveralRels, quirk.UnsortedResults, quirk.TokenAsHTML,
	quirk.ShortTokens, quirk.WantsDeployment, quirk.Throttles403, quirk.ZeroCommentClears, quirk.Stale400, quirk.StaleIgnored,
	quirk.EqualAccepted, quirk.WholeSeconds, quirk.PutStamps, quirk.KeepsPoints, quirk.NoGradeToZero, quirk.CutsScores,
	quirk.FiveDecimals, quirk.ClearedShowsUser, quirk.BareResults, quirk.CommentsDropped,
}

// calamities are what may go wrong. Those that a run cannot stand often come
// a few times.
var calamities = []sandbox.Fault{
	{Kind: sandbox.FaultStatus, Status: 503},
	{Kind: sandbox.FaultStatus, Status: 503, RetryAfter: 2 * time.Second},
	{Kind: sandbox.FaultStatus, Status: 429, RetryAfter: time.Second},
	{Kind: sandbox.FaultStatus, Status: 429},
	{Kind: sandbox.FaultStatus, Status: 500},
	{Kind: sandbox.FaultStatus, Status: 502},
	{Kind: sandbox.FaultDropBefore},
	{Kind: sandbox.FaultDropAfter},
	{Kind: sandbox.FaultDropAfter, On: "POST lineitems"},
	{Kind: sandbox.FaultDropAfter, On: "scores"},
	{Kind: sandbox.FaultTruncate},
	{Kind: sandbox.FaultType},
	{Kind: sandbox.FaultJSON},
	{Kind: sandbox.FaultHTML, On: "lineitems"},
	{Kind: sandbox.FaultHTML, On: "results"},
	{Kind: sandbox.FaultStale, Behind: 3 * time.Second},
	{Kind: sandbox.FaultClock, Behind: 4 * time.Minute, Share: 1},
	{Kind: sandbox.FaultClock, Behind: -4 * time.Minute, Share: 1},
	{Kind: sandbox.FaultHang, Times: 2, Share: 0.05},
	{Kind: sandbox.FaultDrip, Times: 2, Share: 0.05},
	{Kind: sandbox.FaultRepeat, Times: 1, Share: 0.5},
	{Kind: sandbox.FaultRevoke, Times: 1, Share: 0.05},
	{Kind: sandbox.FaultRedirect, Times: 1, Share: 0.05},
}

// allowed lets go what random changes run into.
var allowed = []string{"delete-graded", "delete-unread", "deletes", "deletesPercent", "clear", "rescale", "lowered", "unread-comment"}

// run applies both books, each up to three times, and gives what the LMS holds.
func (w world) run(t *testing.T, stormy bool) (truth platformtest.Truth, problems []string) {
	synctest.Test(t, func(t *testing.T) {
		o := w.box
		if stormy {
			o.Faults = w.faults
		}
		b := Open(t, Options{Sandbox: o, Hosts: []string{"items.localhost"}, Precision: 1e-4})
		points := 4.0
		require.NoError(t, b.LMS.Do(platformtest.Deed{New: &plan.LineItem{Label: "Theirs", ScoreMaximum: 5}}))
		require.NoError(t, b.LMS.Do(platformtest.Deed{Column: "Theirs", User: "101", Score: &points}))
		for at, book := range w.books {
			if at == 1 { // somebody grades a person whom no file names
				_ = b.LMS.Do(platformtest.Deed{Column: "hw0", User: "106", Score: &points})
			}
			for try := range 3 {
				r, ps := b.Once(t.Context(), book, allowed, !stormy)
				for _, p := range ps {
					problems = append(problems, fmt.Sprintf("stormy %v, book %d, apply %d: %s", stormy, at+1, try+1, p))
				}
				time.Sleep(b.Settle) // the next run comes when this one's writes show
				if r != nil && (r.Status() == plan.Applied || r.Status() == plan.Unchanged) {
					break
				}
			}
		}
		truth = b.LMS.Truth()
	})
	return truth, problems
}

// differ compares what two LMSs hold, by name; numbers and history apart.
func (w world) differ(calm, stormy platformtest.Truth) (problems []string) {
	names := func(t platformtest.Truth) (out []string) {
		for _, c := range t.Columns {
			if ags.ProfileOf(w.box.Profile).Has(quirk.SubstitutesLabel) && c.ResourceID != "" {
				c.Label = "" // the platform counts
			}
			s := fmt.Sprintf("%s|%s|%s|%v|hidden %v", c.ResourceID, c.Label, c.Tag, c.ScoreMaximum, c.Hidden)
			var cells []string
			for user, cell := range c.Cells {
				grade := "-"
				if cell.Score != nil {
					grade = fmt.Sprintf("%.4f", *cell.Score/cell.Maximum)
				}
				comment := ""
				if n := len(cell.Comments); n > 0 {
					comment = cell.Comments[n-1]
				}
				cells = append(cells, fmt.Sprintf("%s=%s %q", user, grade, comment))
			}
			slices.Sort(cells)
			out = append(out, s+" "+strings.Join(cells, ", "))
		}
		slices.Sort(out)
		return out
	}
	a, b := names(calm), names(stormy)
	for _, s := range a {
		if !slices.Contains(b, s) {
			problems = append(problems, "without faults there is    "+s)
		}
	}
	for _, s := range b {
		if !slices.Contains(a, s) {
			problems = append(problems, "and under faults there is  "+s)
		}
	}
	if len(a) != len(b) {
		problems = append(problems, fmt.Sprintf("%d columns without faults, %d under faults", len(a), len(b)))
	}
	return problems
}
