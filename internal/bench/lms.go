package main

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// lms is a sandbox on loopback, in this process: the two clients are others.
type lms struct {
	box    *sandbox.Sandbox
	server *http.Server
	base   string
}

// serve fills a sandbox as the scenario finds it. Every answer is late by the
// scenario's latency.
func serve(s scenario) (*lms, error) {
	box, err := sandbox.Open(sandbox.Options{Now: time.Now, PageSize: s.page})
	if err != nil {
		return nil, err
	}
	for c := range s.contexts {
		if err := box.EnsureCourse(course(c)); err != nil {
			return nil, err
		}
	}
	if err := box.Update(func(st *sandbox.State) error { fill(st, s); return nil }); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &lms{box: box, base: "http://" + listener.Addr().String()}
	l.server = &http.Server{Handler: late(box, s.latency), ReadHeaderTimeout: time.Minute}
	go func() { _ = l.server.Serve(listener) }() // it ends by close
	return l, nil
}

func (l *lms) close() {
	_ = l.server.Close()
	_ = l.box.Close()
}

func late(next http.Handler, latency time.Duration) http.Handler {
	if latency == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(latency)
		next.ServeHTTP(w, r)
	})
}

func fill(st *sandbox.State, s scenario) {
	for c := range s.contexts {
		to := st.Courses[course(c)]
		to.Members = nil
		for u := range s.students {
			to.Members = append(to.Members, &sandbox.Member{UserID: student(u), Roles: []string{"Learner"}, Status: "Active"})
		}
		if s.kind == made {
			continue
		}
		for i := range s.items {
			item := &sandbox.LineItem{Number: i + 1, Label: label(i), ScoreMaximum: maximum, ResourceID: key(i)}
			if s.kind == same {
				for u := range s.students {
					item.Results = append(item.Results, &sandbox.Result{UserID: student(u), Score: new(points(i, u)), Timestamp: time.Now().Add(-time.Hour)})
				}
			}
			to.LineItems = append(to.LineItems, item)
		}
		to.NextLineItem = s.items + 1
	}
}

// arrived tells whether the LMS holds what the files say.
func (l *lms) arrived(s scenario) error {
	st := l.box.Snapshot()
	for c := range s.contexts {
		got := st.Courses[course(c)]
		if len(got.LineItems) != s.items {
			return fmt.Errorf("course %s has %d line items and not %d", course(c), len(got.LineItems), s.items)
		}
		for i, item := range got.LineItems {
			if len(item.Results) != s.students {
				return fmt.Errorf("%s of course %s has %d grades and not %d", item.Label, course(c), len(item.Results), s.students)
			}
			for u, r := range item.Results {
				if r.Score == nil || *r.Score != points(i, u) {
					return fmt.Errorf("%s of course %s: the grade of %s is not %v", item.Label, course(c), r.UserID, points(i, u))
				}
			}
		}
	}
	return nil
}

const maximum = 100

func course(c int) string  { return fmt.Sprintf("c%03d", c) }
func key(i int) string     { return fmt.Sprintf("item-%05d", i) }
func label(i int) string   { return fmt.Sprintf("Item %05d", i) }
func student(u int) string { return fmt.Sprintf("student-%05d", u) }
func points(i, u int) float64 {
	return float64((i*31+u*17)%101) - 0.5*float64(u%2)*float64(min(1, (i*31+u*17)%101))
}
func (l *lms) items(c int) string { return l.base + l.box.LineItemsPath(course(c)) }
