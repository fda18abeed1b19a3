package main

import (
	"fmt"
	"slices"
	"time"
)

// scenario is one size of one kind of work.
type scenario struct {
	kind     kind
	contexts int
	items    int // a context
	students int // a context; 0: no scores
	latency  time.Duration
	atOnce   int
	page     int // the most elements that the server gives a page; 0: all
	long     bool
}

type kind string

const (
	same kind = "plan"  // everything is as the files say
	post kind = "post"  // the columns are there, the grades are not
	made kind = "apply" // nothing is there
)

func (s scenario) name() string {
	return fmt.Sprintf("%s/%dx%dx%d/%v", s.kind, s.contexts, s.items, s.students, s.latency)
}

// scenarios are those of docs/performance.md, each kind growing tenfold.
func scenarios(o options) []scenario {
	const ms = time.Millisecond
	all := []scenario{
		{kind: same, contexts: 1, items: 100},
		{kind: same, contexts: 1, items: 1000},
		{kind: same, contexts: 1, items: 10_000},
		{kind: same, contexts: 1, items: 10, students: 100, latency: 20 * ms, page: 1000},
		{kind: same, contexts: 1, items: 10, students: 1000, latency: 20 * ms, page: 1000},
		{kind: same, contexts: 1, items: 100, students: 1000, latency: 20 * ms, page: 1000},
		{kind: post, contexts: 1, items: 10, students: 100},
		{kind: post, contexts: 1, items: 10, students: 1000},
		{kind: post, contexts: 1, items: 100, students: 1000, long: true},
		{kind: post, contexts: 1, items: 10, students: 100, latency: 20 * ms},
		{kind: post, contexts: 1, items: 10, students: 1000, latency: 20 * ms},
		{kind: same, contexts: 200, items: 5, students: 100, latency: 20 * ms, atOnce: 16},
		{kind: post, contexts: 200, items: 5, students: 100, latency: 20 * ms, atOnce: 16, long: true},
		{kind: made, contexts: 200, items: 5, students: 100, latency: 20 * ms, atOnce: 16, long: true},
	}
	if !o.full {
		all = slices.DeleteFunc(all, func(s scenario) bool { return s.long })
	}
	for i := range all {
		if all[i].atOnce == 0 {
			all[i].atOnce = 8
		}
	}
	return all
}
