package export

import (
	"fmt"
	"strings"

	"github.com/gradesync/gradesync/spec"
)

// matrix is a wide sheet to be.
type matrix struct {
	by      string
	columns []gradesOf
}

// gradesOf is a column with its people's grades.
type gradesOf struct {
	*column
	rows []row
}

// widest is how many line items one sheet has: what people can still use.
const widest = 1000

// sheets is one sheet, or several where there are very many columns. all are
// the document's columns: a header that another's key or title could mean too
// gets an entry that says whose it is.
func (m *matrix) sheets(all []column, context string) (out []sheet) {
	for len(m.columns) > 0 {
		n := min(len(m.columns), widest)
		out = append(out, m.sheet(m.columns[:n], all, context))
		m.columns = m.columns[n:]
	}
	return out
}

func (m *matrix) sheet(columns []gradesOf, all []column, context string) sheet {
	s := sheet{context: context, doc: spec.Scores{Matrix: &spec.Matrix{Columns: map[string]spec.Opt[string]{}}}, rows: [][]string{{m.by}}}
	means := map[string]map[string]bool{} // keys that a header may stand for
	for i := range all {
		for _, word := range []string{all[i].key(), all[i].live.Label} {
			word = folded(word)
			if means[word] == nil {
				means[word] = map[string]bool{}
			}
			means[word][all[i].key()] = true
		}
	}
	taken := map[string]bool{folded(m.by): true}
	at := map[string]int{} // rows by name
	for i, c := range columns {
		head := header(c.key())
		for n := 2; taken[folded(head)]; n++ {
			head = fmt.Sprintf("%s (%d)", header(c.key()), n)
		}
		taken[folded(head)] = true
		s.rows[0] = append(s.rows[0], head)
		if word := folded(head); word != folded(c.key()) || len(means[word]) > 1 {
			s.doc.Matrix.Columns[c.key()] = said(strings.TrimPrefix(head, guard))
		}
		for k := range c.rows {
			r := &c.rows[k]
			line, known := at[r.name]
			if !known {
				name, _ := safe(r.name)
				line = len(s.rows)
				at[r.name] = line
				s.rows = append(s.rows, append([]string{name}, make([]string, len(columns))...))
			}
			s.rows[line][i+1] = points(*r.grade.ScoreGiven)
			s.cells = append(s.cells, r.in(c.column))
		}
	}
	sortRows(s.rows[1:])
	return s
}

// folded is a header as it is compared where nothing fits exactly.
func folded(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
