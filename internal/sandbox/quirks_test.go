package sandbox

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

// trial tries one quirk, on a platform that has it and on one that does not.
type trial struct {
	with []quirk.Quirk // what else both have
	size int           // of their pages
	try  func(l *lms, on bool)
}

// trials are by quirk, in one file for each group.
func trials() map[quirk.Quirk]trial {
	all := map[quirk.Quirk]trial{}
	for _, group := range []map[quirk.Quirk]trial{lineItemTrials(), listingTrials(), tokenTrials(), scoreTrials(), rosterTrials()} {
		maps.Copy(all, group)
	}
	return all
}

func TestQuirks(t *testing.T) {
	all := trials()
	for _, q := range slices.Sorted(maps.Keys(all)) {
		for name, on := range map[string]bool{"on": true, "off": false} {
			t.Run(string(q)+"/"+name, func(t *testing.T) {
				o := Options{PageSize: all[q].size, Quirks: slices.Concat(all[q].with, []quirk.Quirk{q})}
				if !on {
					o.Without = []quirk.Quirk{q}
				}
				all[q].try(newLMS(t, o), on)
			})
		}
	}
}

// Throttles403 has tests of its own, with the throttle.
func TestEveryQuirkHasATrial(t *testing.T) {
	all := trials()
	for _, q := range quirk.All() {
		if q != quirk.Throttles403 {
			require.Contains(t, all, q)
		}
	}
	require.Len(t, all, len(quirk.All())-1)
}

func TestUnknownWords(t *testing.T) {
	now := newClock().Now
	for name, tc := range map[string]struct {
		options Options
		want    []string
	}{
		"profile": {Options{Now: now, Profile: "Moodle"}, []string{`profile "Moodle"`, "canvas, moodle, "}},
		"quirk":   {Options{Now: now, Quirks: []quirk.Quirk{quirk.DropsTag, "drops-tags"}}, []string{`quirk "drops-tags"`, "drops-resource-id, drops-tag, "}},
		"without": {Options{Now: now, Profile: quirk.Moodle, Without: []quirk.Quirk{""}}, []string{`quirk ""`, "put-merges"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(tc.options)
			for _, words := range tc.want {
				require.ErrorContains(t, err, words)
			}
		})
	}
}

func TestHabits(t *testing.T) {
	h, err := habitsOf(quirk.ILIAS, []quirk.Quirk{quirk.DropsTag, quirk.DropsDates}, []quirk.Quirk{quirk.DropsDates, quirk.SubstitutesLabel})
	require.NoError(t, err)
	require.Equal(t, habits{quirk.SubstitutesMaximum: true, quirk.DeleteAnswers200: true, quirk.DropsTag: true}, h)
	for _, profile := range quirk.Profiles() {
		require.NotEmpty(t, profiles[profile], profile)
		for _, q := range profiles[profile] {
			require.NotEmpty(t, q.Means(), "%s: %s", profile, q)
		}
	}
	require.Len(t, profiles, len(quirk.Profiles()))
}

// either expects the one status where the quirk is on, and the other where not.
func (r reply) either(on bool, with, without int) {
	r.t.Helper()
	want := without
	if on {
		want = with
	}
	require.Equal(r.t, want, r.status, r.text())
}

// update edits the course c1 as a teacher would.
func (l *lms) update(change func(*Course)) {
	l.t.Helper()
	require.NoError(l.t, l.Update(func(st *State) error {
		change(st.Courses["c1"])
		return nil
	}))
}

// stored is the line item of that number in c1.
func (l *lms) stored(number int) *LineItem { return l.Snapshot().Courses["c1"].LineItem(number) }
