package reconcile

import (
	"context"

	"github.com/gradesync/gradesync/plan"
)

// ReadRoster is everyone of a context, each once. It only reads.
func ReadRoster(ctx context.Context, p Platform, clock Clock) ([]plan.Member, error) {
	return Again(ctx, clock, func(ctx context.Context) ([]plan.Member, error) {
		var listed []plan.Member
		for m, err := range p.Members(ctx) {
			if err != nil {
				return nil, err
			}
			listed = append(listed, m)
		}
		return plan.Everyone(listed), nil
	})
}
