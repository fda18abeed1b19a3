package run

import (
	"sync"

	"golang.org/x/sync/errgroup"
)

// each works on all jobs, those of each platform side by side under a budget of
// its own, so that one that is slow or away holds up nobody else's.
func (s *Session) each(do func(int, *job)) {
	byLink := map[*link][]int{}
	for i := range s.jobs {
		byLink[s.jobs[i].link] = append(byLink[s.jobs[i].link], i)
	}
	var all sync.WaitGroup
	for l, mine := range byLink {
		all.Go(func() {
			var g errgroup.Group
			g.SetLimit(l.limits.contexts())
			for _, i := range mine {
				g.Go(func() error {
					do(i, &s.jobs[i])
					return nil
				})
			}
			_ = g.Wait() // do has no error to return: it is in the plan
		})
	}
	all.Wait()
}

// contexts is how many contexts of a platform are worked on at once. One context
// may have but one request to send, and then a while of deciding: twice as many
// contexts as requests keep the platform busy. More would only be in memory.
func (l limits) contexts() int { return min(max(4, 2*l.concurrency), 64) }
