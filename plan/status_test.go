package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// A failure is told only where something was left undone: with all rows confirmed,
// that may be what became of other people's grades.
func TestStatusOfWhatIsConfirmed(t *testing.T) {
	c := plan.ContextReport{Rows: []plan.Row{{Outcome: plan.Confirmed}}}
	require.Equal(t, plan.Applied, c.Status())
	c.Failure = &plan.Failure{Kind: plan.FailedInterrupted}
	require.Equal(t, plan.Interrupted, c.Status())
	c.Failure.Kind = plan.FailedOther
	require.Equal(t, plan.Failed, c.Status())
}
