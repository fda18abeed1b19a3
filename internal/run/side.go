package run

import (
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// each works on all jobs, those of each platform side by side under a budget of
// its own, so that one that is slow or away holds up nobody else's.
func (s *Session) each(do func(int, *job)) {
	order := make([]int, len(s.jobs))
	for i := range order {
		order[i] = i
	}
	s.eachOf(order, do)
}

// byCourse is the jobs on each course, in the order of the files.
func (s *Session) byCourse() (courses [][]int) {
	at := map[string]int{}
	for i := range s.jobs {
		place := s.jobs[i].place
		if _, known := at[place]; !known {
			at[place] = len(courses)
			courses = append(courses, nil)
		}
		courses[at[place]] = append(courses[at[place]], i)
	}
	return courses
}

// eachByCourse is each, where the jobs on one course are begun one after the other:
// what they share need not be kept for long.
func (s *Session) eachByCourse(do func(int, *job)) {
	s.eachOf(slices.Concat(s.byCourse()...), do)
}

// eachCourse is each, where the jobs on one course follow one another, so that each
// sees what the one before has made, and take one place among them.
func (s *Session) eachCourse(do func(int, *job)) {
	following := map[int][]int{} // by the first job on a course
	var first []int
	for _, jobs := range s.byCourse() {
		first = append(first, jobs[0])
		following[jobs[0]] = jobs
	}
	s.eachOf(first, func(i int, _ *job) {
		for _, k := range following[i] {
			do(k, &s.jobs[k])
		}
	})
}

func (s *Session) eachOf(order []int, do func(int, *job)) {
	byLink := map[*link][]int{}
	for _, i := range order {
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
