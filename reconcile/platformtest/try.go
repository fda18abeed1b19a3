package platformtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// Try runs a group's steps, and tells which promises were not kept; none is
// well. A step whose deeds the LMS has no place for ends the group.
func (g Group) Try(ctx context.Context, l *Lab) (problems []string) {
	for i, s := range g.Steps {
		if i > 0 && l.Clock.Sleep(ctx, time.Second) != nil { // no two runs are in one instant
			return problems
		}
		before := l.LMS.Truth()
		for _, d := range s.Do {
			err := l.LMS.Do(l.filled(d))
			if errors.Is(err, ErrNoPlace) {
				return problems
			}
			if err != nil {
				return append(problems, fmt.Sprintf("step %d: by hand: %v", i+1, err))
			}
		}
		if len(s.Do) > 0 {
			before = l.LMS.Truth()
		}
		w, err := l.want(s.Files)
		if err != nil {
			return append(problems, fmt.Sprintf("step %d: its files: %v", i+1, err))
		}
		o := reconcile.Options{Allow: map[string]bool{}}
		for _, a := range s.Allow {
			o.Allow[a] = true
		}
		count := l.LMS.Count()
		r, found := l.apply(ctx, w, o, before, s.Found || s.Foreseen)
		if r != nil && len(r.Plan.Findings) == 0 {
			found = append(found, s.demands(r, count, l.LMS.Count())...)
		}
		for _, p := range found {
			problems = append(problems, fmt.Sprintf("step %d: %s", i+1, p))
		}
		if len(problems) > 0 {
			return problems // what follows would only follow from it
		}
	}
	return nil
}

func (l *Lab) reading() reconcile.Reading { return reconcile.Reading{Concurrency: 8, Clock: l.Clock} }

// Once plans and applies files, with the risks in allow let go, and tells
// which promises were not kept. converges: a new plan must be empty, too, or
// hold what the report has named; under faults that is for a later run to show.
func (l *Lab) Once(ctx context.Context, files string, allow []string, converges bool) (*plan.ContextReport, []string) {
	w, err := l.want(files)
	if err != nil {
		return nil, []string{err.Error()}
	}
	o := reconcile.Options{Allow: map[string]bool{}}
	for _, a := range allow {
		o.Allow[a] = true
	}
	before := l.LMS.Truth()
	c := reconcile.Plan(ctx, l.Platform, w, o, l.reading())
	if c.Failure != nil {
		if converges {
			return nil, []string{"the plan failed: " + c.Failure.Message}
		}
		return nil, nil
	}
	r := l.carry(ctx, c)
	if converges {
		return &r, l.Judge(ctx, w, o, before, &r, false)
	}
	return &r, l.accounted(w, before, l.LMS.Truth(), &r, false)
}

func (l *Lab) carry(ctx context.Context, c plan.Context) plan.ContextReport {
	return reconcile.Apply(ctx, l.Platform, c, reconcile.ApplyOptions{
		Concurrency: 8, Settle: l.Settle, Grace: 10 * time.Second, Clock: l.Clock,
	})
}

// demands tells what a step wanted of its report and did not get.
func (s *Step) demands(r *plan.ContextReport, before, after Count) (problems []string) {
	if n := after.Idle - before.Idle; n > 0 {
		problems = append(problems, fmt.Sprintf("%d changes of columns changed nothing", n))
	}
	if n := after.Failures - before.Failures; s.Foreseen && n > 0 {
		problems = append(problems, fmt.Sprintf("%d answers were failures, where a finding could have told", n))
	}
	if n := after.Stale - before.Stale; s.Punctual && n > 0 {
		problems = append(problems, fmt.Sprintf("%d scores came too early", n))
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		sure := row.Outcome == plan.Confirmed
		settled := sure || row.Outcome == plan.Altered || row.Outcome == plan.Refused
		if s.Sure && !sure || s.Settled && !settled || s.Foreseen && row.UserID == "" && !sure {
			problems = append(problems, fmt.Sprintf("the row %s/%s is %s: %s", row.Key, row.UserID, row.Outcome, row.Why))
		}
	}
	return problems
}

// apply plans, applies and looks. There is no report where the plan failed.
func (l *Lab) apply(ctx context.Context, w *reconcile.Want, o reconcile.Options, before Truth, found bool) (*plan.ContextReport, []string) {
	c := reconcile.Plan(ctx, l.Platform, w, o, l.reading())
	if c.Failure != nil {
		return nil, []string{"the plan failed: " + c.Failure.Message}
	}
	r := l.carry(ctx, c)
	return &r, l.Judge(ctx, w, o, before, &r, found)
}

// Judge tells which promises an apply of what w wants did not keep. before is
// what the LMS held before it.
func (l *Lab) Judge(ctx context.Context, w *reconcile.Want, o reconcile.Options, before Truth, r *plan.ContextReport, found bool) (problems []string) {
	problems = l.accounted(w, before, l.LMS.Truth(), r, found)
	if len(r.Plan.Findings) > 0 || len(problems) > 0 {
		return problems
	}
	say := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if r.Failure != nil {
		say("the whole context failed: %s", r.Failure.Message)
	}
	again := reconcile.Plan(ctx, l.Platform, w, o, l.reading())
	if again.Failure != nil {
		say("the second plan failed: %s", again.Failure.Message)
	}
	named := unheld(r)
	for _, row := range changes(&again) {
		if !named[row] {
			say("it does not converge, and the report does not say so: %s (rows: %s)", strings.ReplaceAll(row, "\x00", "/"), told(r))
		}
	}
	return problems
}

// accounted tells what a report says that is not so, or does not say.
func (l *Lab) accounted(w *reconcile.Want, before, after Truth, r *plan.ContextReport, found bool) (problems []string) {
	say := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if len(r.Plan.Findings) > 0 {
		if !found {
			say("findings: %v", r.Plan.Findings)
		}
		if d := untouched(before, after, nil); d != "" {
			say("findings, and something was written: %s", d)
		}
		return problems
	}
	if n := r.Plan.Totals().Held; n > 0 {
		say("%d changes are held: %+v", n, r.Plan.Items)
		return problems
	}
	for i := range r.Rows {
		if r.Rows[i].Outcome == "" {
			say("the row %s/%s has no outcome", r.Rows[i].Key, r.Rows[i].UserID)
		}
	}
	return append(problems, l.truthful(w, r, before, after)...)
}

// told is the report in short.
func told(r *plan.ContextReport) string {
	var rows []string
	for i := range r.Rows {
		row := &r.Rows[i]
		rows = append(rows, fmt.Sprintf("%s %s/%s: %s %s", row.Action, row.Key, row.UserID, row.Outcome, row.Why))
	}
	return strings.Join(rows, "; ")
}

// filled puts the lab's people and links into a deed.
func (l *Lab) filled(d Deed) Deed {
	for i, p := range l.People {
		d.User = strings.ReplaceAll(d.User, fmt.Sprintf("{p%d}", i+1), p)
	}
	if d.New != nil {
		li := *d.New
		for i, link := range l.Links {
			li.ResourceLinkID = strings.ReplaceAll(li.ResourceLinkID, fmt.Sprintf("{l%d}", i+1), link)
		}
		d.New = &li
	}
	return d
}
