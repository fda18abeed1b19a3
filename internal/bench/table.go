package main

import (
	"fmt"
	"io"
	"time"
)

// table prints a Markdown table, row by row as they come.
type table struct {
	w    io.Writer
	last row
}

func newTable(w io.Writer) *table {
	fmt.Fprintln(w, "\n| scenario | contexts x items x students | latency | bare client | gradesync | ratio | posting alone | memory | CPU | growth |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|")
	return &table{w: w}
}

func (t *table) add(r row) {
	s := r.scenario
	fmt.Fprintf(t.w, "| %s | %d x %d x %d | %v | %s | %s | %.2f | %s | %d MB | %s | %s |\n", s.kind, s.contexts, s.items, s.students, s.latency,
		short(r.bare.wall), short(r.us.wall), r.ratio, alone(r), r.us.memory>>20, short(r.us.cpu), t.growth(r))
	t.last = r
}

// growth is how often as long it took as the row above, where that did the same
// with less.
func (t *table) growth(r row) string {
	a, b := t.last.scenario, r.scenario
	if a.kind != b.kind || a.latency != b.latency || a.contexts != b.contexts || size(b) <= size(a) {
		return ""
	}
	return fmt.Sprintf("x%.1f for x%d", float64(r.us.wall)/float64(t.last.us.wall), size(b)/size(a))
}

func size(s scenario) int { return max(1, s.contexts*s.items*max(1, s.students)) }

func short(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }

// alone is the bare client's time as a share of what gradesync took for posting:
// its throughput, where 1 is the bare client's.
func alone(r row) string {
	if r.us.posted == 0 || r.scenario.kind != post {
		return "" // the bare client did something else besides
	}
	return fmt.Sprintf("%.2f", float64(r.bare.wall)/float64(r.us.posted))
}
