package render

import (
	"fmt"
	"unicode/utf8"

	"github.com/gradesync/gradesync/plan"
)

// Options say how to render.
type Options struct {
	Color bool // for a terminal that shows it
	// Redact numbers people instead of naming them (each row still says
	// where in the files it stands) and hides their points, what comments and
	// letter grades say, and figures of few: for logs that others can read.
	Redact bool
	// Digest is the whole plan's, where the caller knows it; "" makes it anew.
	Digest string
}

// people numbers persons in the order in which they are met.
type people map[string]string

func (p people) number(userID string) string {
	if userID == "" {
		return ""
	}
	if _, met := p[userID]; !met {
		p[userID] = fmt.Sprintf("person %d", len(p)+1)
	}
	return p[userID]
}

// named is a copy in which persons have numbers. Somebody whom the roster does
// not tell is known by the file's word.
func (p people) named(all []plan.Named) []plan.Named {
	out := append([]plan.Named(nil), all...)
	for i := range out {
		n := &out[i]
		who := "\x00" + n.Said // no user id
		if len(n.UserIDs) == 1 {
			who = n.UserIDs[0]
		}
		n.Said, n.Near = p.number(who), ""
		ids := append([]string(nil), n.UserIDs...)
		for k := range ids {
			ids[k] = p.number(ids[k])
		}
		n.UserIDs = ids
	}
	return out
}

func (p people) notes(all []plan.Note) []plan.Note {
	out := append([]plan.Note(nil), all...)
	for i := range out {
		out[i].People = p.named(out[i].People)
	}
	return out
}

func hidden(comment string) string {
	if comment == "" {
		return ""
	}
	return fmt.Sprintf("(%d characters)", utf8.RuneCountInString(comment))
}

// private tells whether a field is a person's grade or words about one. A letter
// grade is whatever somebody typed.
func private(field string) bool {
	return field == "scoreGiven" || field == "comment" || field == "letterGrade"
}

func hiddenGrade(g plan.Grade) plan.Grade {
	g.Comment, g.LetterGrade = hidden(g.Comment), hidden(g.LetterGrade)
	return g
}

func hiddenFields(fields []plan.Field) []plan.Field {
	out := append([]plan.Field(nil), fields...)
	for i := range out {
		if !private(out[i].Name) {
			continue
		}
		out[i].Before, out[i].After = hiddenValue(out[i].Before), hiddenValue(out[i].After)
	}
	return out
}

func hiddenValue(v any) any {
	switch x := v.(type) {
	case nil:
		return nil
	case string:
		return hidden(x)
	}
	return withheld
}

// silent leaves out what the platform said: its words may name people.
func silent(f *plan.Failure) *plan.Failure {
	if f == nil || f.Said == "" {
		return f
	}
	quiet := *f
	quiet.Said = ""
	return &quiet
}

// context is a copy without people.
func (p people) context(c plan.Context) plan.Context {
	c.Failure = silent(c.Failure)
	findings := append([]plan.Finding(nil), c.Findings...)
	for i := range findings {
		findings[i].People = p.named(findings[i].People)
	}
	c.Findings, c.Notes, c.Explained = findings, p.notes(c.Notes), p.explanations(c.Explained)
	c.LeftOut = nil
	items := append([]plan.Item(nil), c.Items...)
	for i := range items {
		scores := append([]plan.Score(nil), items[i].Scores...)
		for k := range scores {
			s := &scores[k]
			s.UserID, s.Person, s.ScoringUserID = p.number(s.UserID), "", p.number(s.ScoringUserID)
			if s.Before != nil {
				before := hiddenGrade(*s.Before)
				s.Before = &before
			}
			s.After = hiddenGrade(s.After)
			s.Fields, s.Held = hiddenFields(s.Fields), heldQuietly(s.Held)
		}
		items[i].Scores = scores
		items[i].Results = nil // nothing but persons
		kept := append([]plan.Kept(nil), items[i].Kept...)
		for k := range kept {
			kept[k].UserID, kept[k].Person = p.number(kept[k].UserID), ""
			kept[k].LiveMaximum, kept[k].DesiredMaximum, kept[k].BaseMaximum = 0, 0, 0
			if kept[k].UserID != "" && private(kept[k].Field) {
				for _, v := range []*any{&kept[k].Live, &kept[k].Desired, &kept[k].Base} {
					*v = hiddenValue(*v)
				}
			}
		}
		items[i].Kept = kept
	}
	c.Items = items
	c.Discreet()
	return c
}

// report is a copy without people.
func (p people) report(r plan.Report) plan.Report {
	contexts := append([]plan.ContextReport(nil), r.Contexts...)
	for i := range contexts {
		contexts[i].Plan = p.context(contexts[i].Plan)
		contexts[i].Failure, contexts[i].Notes = silent(contexts[i].Failure), p.notes(contexts[i].Notes)
		rows := append([]plan.Row(nil), contexts[i].Rows...)
		for k := range rows {
			rows[k].UserID, rows[k].Person, rows[k].Said = p.number(rows[k].UserID), "", ""
			if rows[k].UserID != "" {
				rows[k].Fields = hiddenFields(rows[k].Fields)
				if rows[k].Cause == plan.CauseStale {
					rows[k].Why = staleQuietly
				}
			}
			if g := rows[k].Grade; g != nil {
				shown := hiddenGrade(*g)
				rows[k].Grade = &shown
			}
		}
		contexts[i].Rows = rows
		collateral := append([]plan.Collateral(nil), contexts[i].Collateral...)
		for k := range collateral {
			c := &collateral[k]
			c.UserID = p.number(c.UserID)
			c.Before, c.After = hiddenGrade(c.Before), hiddenGrade(c.After)
		}
		contexts[i].Collateral = collateral
	}
	return plan.Report{Run: r.Run, Digest: r.Digest, Contexts: contexts}
}

// plan is a copy without people.
func (p people) plan(pl plan.Plan) plan.Plan {
	contexts := append([]plan.Context(nil), pl.Contexts...)
	for i := range contexts {
		contexts[i] = p.context(contexts[i])
	}
	return plan.Plan{Contexts: contexts}
}
