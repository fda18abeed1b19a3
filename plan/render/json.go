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
	FormatVersion int                  `json:"formatVersion"`
	Schema        string               `json:"schema"`
	Run           string               `json:"run,omitempty"`
	Contexts      []plan.ContextReport `json:"contexts"`
}

// PlanJSON writes a plan as JSON, the same bytes for the same plan.
func PlanJSON(w io.Writer, p plan.Plan, o Options) error {
	if o.Redact {
		f, err := plan.Redacted(people{}.plan(p))
		if err != nil {
			return err
		}
		return writeJSON(w, f)
	}
	digest, err := plan.Digest(p)
	if err != nil {
		return err
	}
	return writeJSON(w, plan.NewFile(p, digest))
}

// ReportJSON writes a report as JSON.
func ReportJSON(w io.Writer, r plan.Report, o Options) error {
	if o.Redact {
		r = people{}.report(r)
	}
	contexts := append([]plan.ContextReport{}, r.Contexts...)
	for i := range contexts {
		if contexts[i].Rows == nil {
			contexts[i].Rows = []plan.Row{}
		}
	}
	return writeJSON(w, reportJSON{FormatVersion: plan.FormatVersion, Schema: plan.ReportSchema, Run: r.Run, Contexts: contexts})
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
