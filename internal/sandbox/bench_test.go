package sandbox

import (
	"testing"

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
