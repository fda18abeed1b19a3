package doctor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

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

// liar says of a create that it made what was there before.
type liar struct {
	reconcile.Platform
	id string
}

func (l liar) CreateLineItem(ctx context.Context, li plan.LineItem) (string, error) {
	_, err := l.Platform.CreateLineItem(ctx, li)
	return l.id, err
}

// The probe touches no line item but its own, whatever the platform says.
func TestProbeTouchesItsOwnOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := lab.Open(t, lab.Options{})
		addColumn(t, b, sandbox.LineItem{Label: "Homework"})
		list, err := b.Platform.LineItems(t.Context())
		require.NoError(t, err)
		before := b.Box.Snapshot().Courses[lab.Course].LineItems
		p := prober(b, student)
		p.Platform = liar{b.Platform, list.Items[0].ID}
		found := p.Run(t.Context())
		require.ErrorContains(t, errors.New(found.Failure.Message), "another line item")
		require.Empty(t, cmp.Diff(before, b.Box.Snapshot().Courses[lab.Course].LineItems), "as it was, and the real one is gone")
	})
}

// one is a platform that keeps one column: a create writes over that, if at
// all, and answers with its id as the platform likes to write it.
type one struct {
	reconcile.Platform
	id, told string
	writes   bool
}

func (o one) CreateLineItem(ctx context.Context, li plan.LineItem) (string, error) {
	if !o.writes {
		return o.told, nil
	}
	li.ID, _, _ = strings.Cut(o.id, "?")
	return o.told, o.Platform.ReplaceLineItem(ctx, li, nil)
}

// A column that was there before is neither changed nor removed, however the
// platform spells its id, and whatever it wrote over it by itself.
func TestProbeSparesWhatWasThere(t *testing.T) {
	for name, tc := range map[string]struct {
		old, new string // in the id, as the answer spells it
		writes   bool
		quirks   []quirk.Quirk
		is       string
	}{
		"written over":                {"", "", true, nil, "overwritten"},
		"written over, new id":        {"/lineitems/1", "/lineitems/77", true, nil, "overwritten"},
		"written over, no resourceId": {"/lineitems/1", "/lineitems/77", true, []quirk.Quirk{quirk.DropsResourceID}, "overwritten"},
		"same id":                     {"", "", false, nil, "another"},
		"trailing slash":              {"?", "/?", false, nil, "another"},
		"upper case host":             {"http://l", "HTTP://L", false, nil, "another"},
		"port":                        {"/courses/", ":80/courses/", false, nil, "another"},
		"dots":                        {"/lineitems/", "/lineitems/./", false, nil, "another"},
		"escaped":                     {"/lineitems/", "/line%69tems/", false, nil, "another"},
		"order of query":              {"?a=1&b=2", "?b=2&a=1", false, nil, "another"},
		"nothing made":                {"/lineitems/1", "/lineitems/77", false, nil, "unknown"},
		"nothing made, like one":      {"/lineitems/1", "/lineitems/77", false, []quirk.Quirk{quirk.DropsResourceID}, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := lab.Open(t, lab.Options{Sandbox: sandbox.Options{Quirks: tc.quirks}, Client: ags.Generic()})
				label := "Final exam"
				if strings.HasSuffix(name, "like one") {
					label = doctor.ScratchLabel
				}
				addColumn(t, b, sandbox.LineItem{Label: label})
				base := queried{b.Platform}
				list, err := base.LineItems(t.Context())
				require.NoError(t, err)
				id := list.Items[0].ID
				told := strings.Replace(id, tc.old, tc.new, 1)
				require.Equal(t, tc.old == "", told == id)
				before := b.Box.Snapshot().Courses[lab.Course].LineItems
				var ops []string
				p := prober(b, student)
				p.Platform = hook{one{base, id, told, tc.writes}, func(op string) error {
					ops = append(ops, op)
					return nil
				}}
				found := p.Run(t.Context())
				require.NotNil(t, found.Failure)
				require.Equal(t, tc.is, words(found)["delete"])
				require.Equal(t, []string{"create", "created"}, ops, "nothing more is written")
				require.Len(t, columns(b), 1)
				if !tc.writes {
					require.Empty(t, cmp.Diff(before, b.Box.Snapshot().Courses[lab.Course].LineItems))
				}
				g := doctor.OfProbe(&found, "bio", "sec-1", "campus", "", nil)
				for _, c := range g.Checks {
					if c.ID == "probe-delete" {
						require.Equal(t, doctor.Failed, c.Status)
						require.Contains(t, c.Remedy, "in the LMS")
					}
				}
			})
		})
	}
}

// queried is a platform whose ids have a query.
type queried struct{ reconcile.Platform }

func (q queried) LineItems(ctx context.Context) (reconcile.Listing, error) {
	l, err := q.Platform.LineItems(ctx)
	for i := range l.Items {
		l.Items[i].ID += "?a=1&b=2"
	}
	return l, err
}

// What somebody made something of while it was probed is not removed.
func TestProbeSparesWhatWasTaken(t *testing.T) {
	for name, take := range map[string]func(*sandbox.LineItem){
		"renamed":           func(li *sandbox.LineItem) { li.Label = "Mine now" },
		"other resourceId":  func(li *sandbox.LineItem) { li.ResourceID = "mine" },
		"resourceId is off": func(li *sandbox.LineItem) { li.ResourceID = "" },
	} {
		synctest.Test(t, func(t *testing.T) {
			b := lab.Open(t, lab.Options{Sandbox: sandbox.Options{Quirks: []quirk.Quirk{quirk.Strangers422}}, Client: ags.Generic()})
			p := prober(b, "")
			p.Platform = hook{b.Platform, func(op string) error {
				require.NotEqual(t, "delete", op, name)
				if op != "score" {
					return nil
				}
				return b.Box.Update(func(st *sandbox.State) error {
					take(st.Courses[lab.Course].LineItems[0])
					return nil
				})
			}}
			found := p.Run(t.Context())
			require.Equal(t, "changed", words(found)["delete"], name)
			require.Len(t, columns(b), 1, name)
		})
	}
}

// Where no resourceId is kept, two new columns with the label may be another
// probe's and ours: neither is touched.
func TestProbeSparesAnotherProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := lab.Open(t, lab.Options{Sandbox: sandbox.Options{Quirks: []quirk.Quirk{quirk.DropsResourceID}}, Client: ags.Generic()})
		p := prober(b, student)
		p.Platform = hook{b.Platform, func(op string) error {
			require.Contains(t, []string{"create", "created"}, op)
			if op == "create" {
				addColumn(t, b, sandbox.LineItem{Label: doctor.ScratchLabel})
			}
			return nil
		}}
		found := p.Run(t.Context())
		require.NotNil(t, found.Failure)
		require.Equal(t, "unknown", words(found)["delete"])
		require.Len(t, columns(b), 2)
	})
}

// odd is a platform whose readings are not what they should be.
type odd struct {
	reconcile.Platform
	unproven bool
	label    string // of a line item that is read alone; "" for its own
}

func (o odd) LineItems(ctx context.Context) (reconcile.Listing, error) {
	l, err := o.Platform.LineItems(ctx)
	l.Proven = l.Proven && !o.unproven
	return l, err
}

func (o odd) LineItem(ctx context.Context, id string) (plan.LineItem, error) {
	li, err := o.Platform.LineItem(ctx, id)
	if o.label != "" {
		li.Label = o.label
	}
	return li, err
}

// A listing that may hide columns is none to find a new one in.
func TestProbeWantsWholeListings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := lab.Open(t, lab.Options{})
		p := prober(b, student)
		p.Platform = hook{odd{Platform: b.Platform, unproven: true}, func(op string) error { return errors.New(op) }}
		found := p.Run(t.Context())
		require.Contains(t, found.Failure.Message, "none was made")
		require.Contains(t, found.Failure.Hint, "limit")
		require.Empty(t, found.Facts)
		require.Empty(t, columns(b))
	})
}

// A leftover is read once more before it is removed.
func TestProbeSweepsWhatItReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := lab.Open(t, lab.Options{})
		addColumn(t, b, sandbox.LineItem{Label: doctor.ScratchLabel, ResourceID: doctor.ScratchPrefix + "old"})
		p := prober(b, student)
		p.Platform = odd{Platform: b.Platform, label: "Mine now"}
		found := p.Run(t.Context())
		require.Equal(t, "doubtful", words(found)["leftover"])
		require.Contains(t, columns(b), doctor.ScratchLabel)
	})
}

// An LMS that writes over what was there makes a leftover of it, by its looks:
// with people's grades in it, it is left alone. The grade of whom scores are
// tried with is no such grade.
func TestProbeSparesGrades(t *testing.T) {
	for user, swept := range map[string]string{"": "removed", student: "removed", doctor.Nobody: "removed", "102": "graded"} {
		synctest.Test(t, func(t *testing.T) {
			b := lab.Open(t, lab.Options{Client: ags.Generic()})
			old := sandbox.LineItem{Label: doctor.ScratchLabel, ResourceID: doctor.ScratchPrefix + "old"}
			if six := 6.0; user != "" {
				old.Results = []*sandbox.Result{{UserID: user, Score: &six}}
			}
			addColumn(t, b, old)
			found := prober(b, student).Run(t.Context())
			require.Nil(t, found.Failure)
			require.Equal(t, swept, words(found)["leftover"], user)
			require.Equal(t, swept == "graded", len(columns(b)) == 1, user)
		})
	}
}

// Grades that cannot be read may be there: the leftover stays.
func TestProbeSparesWhatItCannotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := lab.Open(t, lab.Options{})
		addColumn(t, b, sandbox.LineItem{Label: doctor.ScratchLabel, ResourceID: doctor.ScratchPrefix + "old"})
		p := prober(b, student)
		p.Platform = mute{b.Platform}
		require.Equal(t, "stays", words(p.Run(t.Context()))["leftover"])
		require.Len(t, columns(b), 1)
	})
}

// An id that a leftover had may be given again, to the probe's own line item.
func TestProbeMayGetAnOldID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := lab.Open(t, lab.Options{})
		addColumn(t, b, sandbox.LineItem{Label: doctor.ScratchLabel, ResourceID: doctor.ScratchPrefix + "old"})
		p := prober(b, student)
		p.Platform = hook{b.Platform, func(op string) error {
			if op != "create" {
				return nil
			}
			return b.Box.Update(func(st *sandbox.State) error { st.Courses[lab.Course].NextLineItem = 1; return nil })
		}}
		found := p.Run(t.Context())
		require.Nil(t, found.Failure)
		require.Equal(t, "deletes", words(found)["delete"])
		require.Empty(t, columns(b))
	})
}
