package render

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

var (
	//go:embed html/page.html
	htmlPage string
	//go:embed html/page.css
	htmlStyle string
)

// PlanHTML writes a plan as one page that needs nothing else: what is held and
// stopped first, and for each line item how the grades that it touches are
// spread before and after. It has no script, its policy lets it load nothing,
// and it names no student.
//
// Options but the digest change nothing: the form is always for everybody.
func PlanHTML(w io.Writer, p plan.Plan, o Options) error {
	pg, err := planPage(p, o.Digest)
	if err != nil {
		return err
	}
	return pg.html(w)
}

// ReportHTML writes what came of a plan as PlanHTML writes the plan.
func ReportHTML(w io.Writer, r plan.Report, _ Options) error {
	pg, err := reportPage(r)
	if err != nil {
		return err
	}
	return pg.html(w)
}

// htmlView is what the template reads.
type htmlView struct {
	Title     string
	Style     template.CSS
	StyleHash string // of Style: no other style may be in the page
	Page      *page
	Cards     []card
	Sections  []htmlSection
}

// card is a figure with its name.
type card struct {
	Name, Value string
}

type htmlSection struct {
	section
	About   []string
	Heads   []string
	Rows    []htmlRow
	Details []htmlItem
}

type htmlRow struct {
	Key, Title, What string
	Cells            []card
}

// htmlItem is a line item of which there is more to tell than its row.
type htmlItem struct {
	line
	Doing, Reach, KeptWords string
	Figures                 []figure
}

func (pg *page) html(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"ofWhat": ofWhat, "wholeWaits": func() string { return wholeWaits },
		"heldIn":   func(h plan.HeldRisk) string { held, _ := heldIn(&h, atPlace); return held },
		"letGo":    func(h plan.HeldRisk) string { _, letGo := heldIn(&h, atPlace); return letGo },
		"contexts": func(n int) string { return count(n, "context") },
		"names":    func(all []string) string { return strings.Join(all, ", ") },
		"many":     func(all []string) bool { return len(all) > mostFolded },
	}).Parse(htmlPage)
	if err != nil {
		return fmt.Errorf("the page's template: %w", err)
	}
	hash := sha256.Sum256([]byte(htmlStyle))
	v := htmlView{
		Title: map[string]string{"plan": "gradesync plan", "report": "gradesync apply"}[pg.Kind],
		Style: template.CSS(htmlStyle), StyleHash: "sha256-" + base64.StdEncoding.EncodeToString(hash[:]),
		Page: pg, Cards: pg.cards(),
	}
	for i := range pg.Sections {
		v.Sections = append(v.Sections, pg.Sections[i].html(pg.Kind))
	}
	var b bytes.Buffer // half a page would look like a whole one
	if err := t.Execute(&b, v); err != nil {
		return fmt.Errorf("the page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

func (pg *page) cards() []card {
	if pg.Kind == "report" {
		return nil // the verdict has them
	}
	b := pg.Blast
	names := []string{"Students", "First scores", "Raised", "Lowered", "Cleared", "Destroyed", "May change", "Now pass", "Now fail", "Messages, up to"}
	var out []card
	for i, v := range whole(b.Students, b.First, b.Raised, b.Lowered, b.Cleared, b.Destroyed, pg.Others, b.NowPass, b.NowFail, b.Notifications) {
		if v != "" {
			out = append(out, card{names[i], v})
		}
	}
	return out
}

func (s *section) html(kind string) htmlSection {
	out := htmlSection{section: *s, About: s.about(kind)}
	heads, rows := figures(s.Lines, kind)
	out.Heads = heads
	for i := range s.Lines {
		l := &s.Lines[i]
		row := htmlRow{Key: l.Key, Title: l.Title, What: l.doing()}
		for k, cell := range rows[i] {
			row.Cells = append(row.Cells, card{heads[k], cell})
		}
		out.Rows = append(out.Rows, row)
		if kind == "report" {
			continue
		}
		one := htmlItem{line: *l, Doing: l.doing(), KeptWords: l.kept()}
		if l.Blast.Students > 0 {
			one.Reach = "Reaches " + reach(l.Blast, l.Others) + "."
		}
		if c := l.Chart.Written; !c.Empty() && !c.few() {
			what := "Grades that this writes"
			if l.Action == plan.Delete {
				what = "Grades that go with the column"
			}
			one.Figures = append(one.Figures, draw(figure{spreads: c, What: what, Of: l.Key, Then: "after"}))
		}
		if c := l.Chart.Others; !c.Empty() && !c.few() {
			one.Figures = append(one.Figures, draw(figure{spreads: c, What: "Grades that it does not write", Of: l.Key, Then: "after, if their points stay"}))
		}
		if one.Figures != nil || l.Under != "" || len(l.Fields) > 0 || l.Kept > 0 || l.Why != "" {
			out.Details = append(out.Details, one)
		}
	}
	return out
}
