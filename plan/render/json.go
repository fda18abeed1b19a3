package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

// planJSON is a plan's JSON form.
type planJSON struct {
	FormatVersion int            `json:"formatVersion"`
	Schema        string         `json:"schema"`
	Digest        string         `json:"digest"` // of the whole plan, also where people are numbered
	Contexts      []plan.Context `json:"contexts"`
}

// reportJSON is a report's JSON form.
type reportJSON struct {
	FormatVersion int                  `json:"formatVersion"`
	Schema        string               `json:"schema"`
	Contexts      []plan.ContextReport `json:"contexts"`
}

// Digest names a plan by its content: equal plans have equal digests.
func Digest(p plan.Plan) (string, error) {
	b, err := json.Marshal(planJSON{FormatVersion: plan.FormatVersion, Schema: plan.Schema, Contexts: p.Contexts})
	if err != nil {
		return "", fmt.Errorf("encoding the plan: %w", err)
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(b)), nil
}

// PlanJSON writes a plan as JSON, the same bytes for the same plan.
func PlanJSON(w io.Writer, p plan.Plan, o Options) error {
	digest, err := Digest(p)
	if err != nil {
		return err
	}
	if o.Redact {
		p = people{}.plan(p)
	}
	contexts := p.Contexts
	if contexts == nil {
		contexts = []plan.Context{}
	}
	return writeJSON(w, planJSON{FormatVersion: plan.FormatVersion, Schema: plan.Schema, Digest: digest, Contexts: contexts})
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
	return writeJSON(w, reportJSON{FormatVersion: plan.FormatVersion, Schema: plan.ReportSchema, Contexts: contexts})
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
