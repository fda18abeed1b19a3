package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/internal/run"
	"github.com/gradesync/gradesync/reconcile"
)

// timing is --stats: where the time of a run went, on standard error.
type timing struct {
	form  string // "" for none
	times *reconcile.Times
}

func (t *timing) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&t.form, "stats", "", "tell on standard error where the time went, as `FORM`: text, json or, without one, json beside -o json and else text")
	f.Lookup("stats").NoOptDefVal = "auto"
}

// begin starts the clock, if --stats asks for it. output is the form of the result.
func (t *timing) begin(a *app, cmd *cobra.Command, output string) error {
	if t.form == "auto" {
		t.form = "text"
		if output == "json" {
			t.form = "json"
		}
	}
	switch {
	case t.form == "text" || t.form == "json":
		t.times = reconcile.NewTimes(a.Clock)
	case t.form != "" || cmd.Flags().Changed("stats"):
		return usage("--stats=%s is not a form: text or json", t.form)
	}
	return nil
}

// tell prints the figures of a session.
func (t *timing) tell(a *app, s *run.Session) {
	if t.times == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	stats := s.Stats()
	if t.form == "json" {
		b, err := json.Marshal(stats)
		if err != nil { // numbers and texts alone
			return
		}
		fmt.Fprintf(a.Stderr, "%s\n", escape.JSON(b))
		return
	}
	tellStats(a.Stderr, stats)
}

func tellStats(to io.Writer, stats run.Stats) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "time\twhole run (phases overlap)\t%s\n", seconds(stats.Seconds))
	for _, p := range stats.Phases {
		fmt.Fprintf(w, "time\t%s\t%s\n", p.Phase, seconds(p.Seconds))
	}
	for _, p := range stats.Platforms {
		name := escape.Line(p.Platform)
		for _, r := range p.Requests {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s each\t%s out, %s in", name, escape.Line(r.For), counted(r.Requests, "request"),
				seconds(r.Took/float64(max(1, r.Requests))), size(r.BytesOut), size(r.BytesIn))
			if r.Repeated > 0 {
				fmt.Fprintf(w, ", %d sent again", r.Repeated)
			}
			fmt.Fprintln(w)
		}
		if p.Throttled > 0 {
			fmt.Fprintf(w, "%s\tthrottled\t%s\t%s paused\n", name, counted(p.Throttled, "answer"), seconds(p.Paused))
		}
		if n := p.Count(); n > 0 {
			fmt.Fprintf(w, "%s\twaited for their turn\t%s\t%s each\n", name, counted(n, "request"), seconds(p.Waited/float64(n)))
		}
	}
	_ = w.Flush() // standard error: there is nobody to tell
}

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(100 * time.Microsecond).String()
}

func size(bytes int64) string {
	switch {
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
	case bytes >= 1<<10:
		return fmt.Sprintf("%.1f kB", float64(bytes)/(1<<10))
	}
	return fmt.Sprintf("%d B", bytes)
}
