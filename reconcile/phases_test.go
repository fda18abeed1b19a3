package reconcile_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/reconcile"
)

// A phase lasts while at least one context is in it, and each moment counts once.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		times := reconcile.NewTimes(clock{})
		first := times.In(reconcile.Deciding)
		time.Sleep(time.Second)
		second := times.In(reconcile.Deciding)
		time.Sleep(time.Second)
		first()
		first()
		time.Sleep(time.Second)
		took, ok := times.Total(reconcile.Deciding)
		require.True(t, ok)
		require.Equal(t, 3*time.Second, took, "it is not over")
		second()
		time.Sleep(time.Second)
		took, _ = times.Total(reconcile.Deciding)
		require.Equal(t, 3*time.Second, took)
		times.In(reconcile.Deciding)()
		took, _ = times.Total(reconcile.Deciding)
		require.Equal(t, 3*time.Second, took)
		require.Equal(t, 4*time.Second, times.Whole())
		_, ok = times.Total(reconcile.PostingScores)
		require.False(t, ok)

		var none *reconcile.Times
		none.In(reconcile.Deciding)()
		require.Zero(t, none.Whole())
	})
}
