package reconcile

import (
	"time"

	"github.com/gradesync/gradesync/plan"
)

// checkLife is how long a look at a line item's results is good for once it has come:
// one read for all that is sent meanwhile, and not so long that a teacher's change in
// a slow run would go unseen.
const checkLife = 5 * time.Second

// check is the results of one line item, read right before scores are sent.
type check struct {
	done chan struct{} // closed once the rest stands
	at   time.Time     // when it came
	now  map[string]plan.Grade
	err  error
}

// good tells whether a check may still be gone by. One under way is as new as any.
func (c *check) good(now time.Time) bool {
	select {
	case <-c.done:
		return now.Sub(c.at) < checkLife
	default:
		return true
	}
}

func (a *applier) check(t *task) (map[string]plan.Grade, error) {
	if t.fresh {
		return nil, nil
	}
	c := a.checking(t.id)
	<-c.done
	return c.now, c.err
}

// checking is a line item's check, begun now unless there is one that is still good.
func (a *applier) checking(id string) *check {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.checks[id]; c != nil && c.good(a.o.Clock.Now()) {
		return c
	}
	c := &check{done: make(chan struct{})}
	a.checks[id] = c
	a.looks.Go(func() {
		c.now, c.err = resultsOf(a.ctx, a.p, a.o.Clock, id)
		c.at = a.o.Clock.Now()
		close(c.done)
	})
	return c
}

// lookAhead begins the check that a task will need soon, so that at the end of a
// line item not all that could be sent waits for the next one's.
func (a *applier) lookAhead(t *task) {
	_, alone := a.p.(GradeReader) // it looks at each grade by itself
	if t.score != nil && !alone && !t.settled && !t.fresh && t.stamp.IsZero() && a.stop.Err() == nil {
		a.checking(t.id)
	}
}
