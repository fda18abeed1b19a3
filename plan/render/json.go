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
	Contexts []plan.ContextReport `json:"contexts"`
}

// PlanJSON writes a plan as JSON, the same bytes for the same plan.
func PlanJSON(w io.Writer, p plan.Plan, o Options) error {
	if o.Redact {
		f, err := plan.Redacted(pointless(people{}.plan(p)))
		if err != nil {
			return err
		}
		return writeJSON(w, f)
	}
	if o.Digest != "" {
		return writeJSON(w, plan.NewFile(p, o.Digest))
	}
	f, err := plan.FileOf(p)
	if err != nil {
		return err
	}
	return writeJSON(w, f)
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
	return writeJSON(w, reportJSON{FormatVersion: plan.FormatVersion, Schema: plan.ReportSchema, Redacted: o.Redact, Run: r.Run, Plan: r.Digest, Contexts: contexts})
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
