package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/gradesync/gradesync/internal/escape"
)

// FormatVersion counts the incompatible changes of the report's JSON form, and
// Schema is its name.
const (
	FormatVersion = 1
	Schema        = "https://gradesync.dev/schema/doctor-v1.json"
)

// JSON writes a report as JSON.
func JSON(w io.Writer, r Report) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if r.Groups == nil {
		r.Groups = []Group{}
	}
	err := enc.Encode(struct {
		FormatVersion int    `json:"formatVersion"`
		Schema        string `json:"schema"`
		Report
	}{FormatVersion, Schema, r})
	if err != nil {
		return fmt.Errorf("encoding as JSON: %w", err)
	}
	_, err = w.Write(escape.JSON(b.Bytes()))
	return err
}

// word is a status as the text shows it, with its ANSI colour.
var word = map[Status]struct{ text, color string }{
	OK: {"ok", "32"}, Warned: {"warn", "33"}, Failed: {"FAIL", "31"}, Skipped: {"-", ""},
}

// Text writes groups for people to read, one line a check. color is for
// terminals.
func Text(w io.Writer, groups []Group, color bool) error {
	var b strings.Builder
	paint := func(code, s string) string {
		if !color || code == "" {
			return s
		}
		return "\x1b[" + code + "m" + s + "\x1b[0m"
	}
	for i := range groups {
		g := &groups[i]
		fmt.Fprintln(&b, paint("1", g.title()))
		wide := 0
		for k := range g.Checks {
			wide = max(wide, utf8.RuneCountInString(g.Checks[k].Title))
		}
		for k := range g.Checks {
			c := &g.Checks[k]
			mark := word[c.Status]
			detail := c.Detail
			if c.Said != "" {
				detail += ": " + c.Said
			}
			fmt.Fprintf(&b, "  %s%s  %-*s  %s\n", paint(mark.color, mark.text), strings.Repeat(" ", 4-len(mark.text)), wide, escape.Line(c.Title), escape.Line(detail))
			if c.Remedy != "" {
				fmt.Fprintf(&b, "        %s %s\n", paint(mark.color, "->"), escape.Line(c.Remedy))
			}
		}
		for k, t := range g.Traits {
			if k == 0 {
				fmt.Fprintln(&b, "  What this amounts to:")
			}
			fmt.Fprintf(&b, "    %s: %s\n", escape.Line(t.Name), escape.Line(t.Value))
		}
		fmt.Fprintln(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (g *Group) title() string {
	switch {
	case g.Platform == "":
		return "Files"
	case g.Gradebook == "":
		return "Platform " + escape.Line(g.Platform)
	}
	s := escape.Line(g.Gradebook) + "/" + escape.Line(g.Context) + " on " + escape.Line(g.Platform)
	if g.Probe {
		return "Probe of " + s
	}
	return s
}

// Summary is the last line: how it stands.
func Summary(r *Report) string {
	failed, warned := r.Count(Failed), r.Count(Warned)
	s := "All is well"
	switch {
	case r.Interrupted:
		s = "Interrupted: the checks are not complete"
	case failed > 0:
		s = count(failed, "check") + " failed: see the lines with FAIL, the first of them first"
	}
	if warned > 0 {
		s += "; " + count(warned, "warning")
	}
	return s + "."
}
