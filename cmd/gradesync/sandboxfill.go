package main

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// contents is what the flags put into every course where it is not there.
type contents struct {
	courses  []string
	columns  []sandbox.LineItem
	students []sandbox.Member
}

func (o *sandboxOptions) fill() (contents, error) {
	c := contents{courses: o.courses}
	for _, flag := range o.columns {
		at := strings.LastIndex(flag, "=")
		label, number := flag[:max(at, 0)], flag[at+1:]
		points, err := strconv.ParseFloat(number, 64)
		if strings.TrimSpace(label) == "" || err != nil || !(points > 0) || math.IsInf(points, 0) {
			return c, usage("--column %q: write LABEL=POINTS with points above 0, such as 'Homework 1=50'", flag)
		}
		c.columns = append(c.columns, sandbox.LineItem{Label: label, ScoreMaximum: points})
	}
	for _, flag := range o.students {
		id, email, _ := strings.Cut(flag, "=")
		if strings.TrimSpace(id) == "" {
			return c, usage("--student %q: write ID or ID=EMAIL", flag)
		}
		c.students = append(c.students, sandbox.Member{UserID: id, Email: email})
	}
	return c, nil
}

func (c contents) into(box *sandbox.Sandbox) error {
	for _, id := range c.courses {
		if err := box.EnsureCourse(id); err != nil {
			return err
		}
		for _, m := range c.students {
			if box.Snapshot().Courses[id].Member(m.UserID) == nil {
				if err := box.AddMember(id, m); err != nil {
					return err
				}
			}
		}
		for _, item := range c.columns {
			has := func(i *sandbox.LineItem) bool { return i.Label == item.Label }
			if slices.ContainsFunc(box.Snapshot().Courses[id].LineItems, has) {
				continue
			}
			if err := box.Update(func(st *sandbox.State) error {
				c := st.Courses[id]
				item.Number = c.NextLineItem
				c.NextLineItem++
				c.LineItems = append(c.LineItems, &item)
				return nil
			}); err != nil {
				return err
			}
		}
	}
	return nil
}
