package run

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// What closes the gate of --fail-fast, and what does not.
func TestGate(t *testing.T) {
	for kind, closes := range map[plan.FailureKind]bool{plan.FailedOther: true, plan.FailedAuth: true, plan.FailedInterrupted: false} {
		g := &gate{on: true}
		g.read(&plan.Context{Gradebook: "bio", Name: "s", Failure: &plan.Failure{Kind: kind}})
		require.Equal(t, closes, g.closed() != "", kind)
		off := &gate{}
		off.read(&plan.Context{Failure: &plan.Failure{Kind: kind}})
		require.Empty(t, off.closed())
	}
	first := &gate{on: true}
	first.close("bio/a")
	first.close("bio/b")
	require.Equal(t, "bio/a", first.closed())

	s := &Session{opts: Options{FailFast: true}, jobs: make([]job, 2)}
	for i := range s.jobs {
		s.jobs[i].want.Gradebook, s.jobs[i].want.Context = "bio", string(rune('a'+i))
	}
	require.Empty(t, s.reading().closed())
	s.saved = &plan.Plan{Contexts: []plan.Context{{}, {Failure: &plan.Failure{Kind: plan.FailedOther}}}}
	require.Equal(t, "bio/b", s.reading().closed(), "the saved plan's own failure is known ahead")
	s.saved = nil
	s.jobs[0].failure = &plan.Failure{Kind: plan.FailedAuth}
	require.Equal(t, "bio/a", s.reading().closed())
}
