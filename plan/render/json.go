package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

// reportJSON is a report's JSON form.
type reportJSON struct {
	FormatVersion int    `json:"formatVersion"`
	Schema        string `json:"schema"`
	// Redacted: people are numbered, and their points left out.
	Redacted bool   `json:"redacted,omitempty"`
	Run      string `json:"run,omitempty"`
	// Plan is a saved plan's digest. Not of a redacted one: with all else of it
	// known, points could be guessed.
	Plan     string               `json:"plan,omitempty"`
	Rollup   *plan.Rollup         `json:"rollup,omitempty"` // of several contexts
	Contexts []plan.ContextReport `json:"contexts"`
}

// PlanJSON writes a plan as JSON, the same bytes for the same plan. Of several
// contexts it begins with their roll-up, which a saved plan does not have.
func PlanJSON(w io.Writer, p plan.Plan, o Options) error {
	f, err := fileOf(p, o)
	if err != nil {
		return err
	}
	if len(f.Contexts) > 1 {
		u := (&plan.Plan{Contexts: f.Contexts}).Rollup() // of what is shown
		f.Rollup = &u
	}
	return writeJSON(w, f)
}

func fileOf(p plan.Plan, o Options) (plan.File, error) {
	switch {
	case o.Redact:
		return plan.Redacted(pointless(people{}.plan(p)))
	case o.Digest != "":
		return plan.NewFile(p, o.Digest), nil
	}
	return plan.FileOf(p)
}

// ReportJSON writes a report as JSON.
func ReportJSON(w io.Writer, r plan.Report, o Options) error {
	if o.Redact {
		r = pointlessReport(people{}.report(r))
		r.Digest = ""
	}
	contexts := append([]plan.ContextReport{}, r.Contexts...)
	for i := range contexts {
		if contexts[i].Rows == nil {
			contexts[i].Rows = []plan.Row{}
		}
	}
	form := reportJSON{FormatVersion: plan.FormatVersion, Schema: plan.ReportSchema, Redacted: o.Redact, Run: r.Run, Plan: r.Digest, Contexts: contexts}
	if len(contexts) > 1 {
		u := r.Rollup()
		form.Rollup = &u
	}
	return writeJSON(w, form)
}

func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encoding as JSON: %w", err)
	}
	_, err := w.Write(escape.JSON(b.Bytes()))
	return err
}
