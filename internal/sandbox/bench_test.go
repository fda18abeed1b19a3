package sandbox

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func BenchmarkOpen(b *testing.B) {
	now := newClock().Now
	for b.Loop() {
		s, err := Open(Options{Now: now})
		require.NoError(b, err)
		require.NoError(b, s.Close())
	}
}

// BenchmarkPostScore is one score posted into states of so many results, in a
// file. What it takes is that of a write only where the state is small.
func BenchmarkPostScore(b *testing.B) {
	for _, results := range []int{100, 10_000} {
		b.Run(fmt.Sprint(results, "results"), func(b *testing.B) {
			now := newClock().Now
			s, err := Open(Options{File: filepath.Join(b.TempDir(), "s.json"), Now: now})
			require.NoError(b, err)
			require.NoError(b, s.EnsureCourse("c1"))
			require.NoError(b, s.Update(func(st *State) error {
				c := st.Courses["c1"]
				c.NextLineItem = results/100 + 1
				for item := range results / 100 {
					i := &LineItem{Number: item + 1, Label: fmt.Sprint("L", item), ScoreMaximum: 10}
					for user := range 100 {
						i.Results = append(i.Results, &Result{UserID: fmt.Sprintf("u%02d", user), Score: new(5.0), Timestamp: now()})
					}
					c.LineItems = append(c.LineItems, i)
				}
				return nil
			}))
			at := now()
			for b.Loop() {
				at = at.Add(time.Second)
				sc := score{userID: "u50", given: new(5.0), maximum: 10, timestamp: at}
				require.NoError(b, s.store.commit(func(st *State) (*State, error) {
					return rules{now: at}.postScore(st, "c1", 1, sc)
				}))
			}
			require.NoError(b, s.Close())
		})
	}
}
