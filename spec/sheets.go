package spec

import (
	"runtime"
	"strings"
	"sync"
)

// sheetOf is the sheet of a Scores document.
type sheetOf struct {
	doc     *Scores
	book    *Gradebook
	context *Context // nil: there is no such one
	item    string   // the line item of a long sheet
	data    *data    // nil: it cannot be read
}

// read reads sheets into their contexts: all of a context one after the other, those
// of different contexts side by side. Should there be any mistake, nothing of that
// counts, and they are read once more in their order: mistakes are told up to a limit,
// and which ones shall not be left to chance.
func (l *loader) read(sheets []*sheetOf) {
	before := l.rows.Load()
	if l.full() || l.readBeside(sheets) {
		return
	}
	l.rows.Store(before)
	for _, o := range sheets {
		into := map[string][]Score{}
		if c := o.context; c != nil {
			if c.Scores == nil {
				c.Scores = into
			}
			into = c.Scores
		}
		o.read(l, into)
	}
}

// readBeside is false where it has kept nothing.
func (l *loader) readBeside(sheets []*sheetOf) bool {
	var contexts []*Context
	of := map[*Context][]int{} // indexes of its sheets
	taken := map[*file]*Context{}
	for i, o := range sheets {
		if first, again := taken[o.data.file]; o.context == nil || again && first != o.context {
			return false // a mistake; or two would read one file
		}
		if taken[o.data.file] = o.context; of[o.context] == nil {
			contexts = append(contexts, o.context)
		}
		of[o.context] = append(of[o.context], i)
	}
	if len(contexts) < 2 {
		return false
	}
	scores := make([]map[string][]Score, len(contexts))
	own := make([]*loader, len(sheets))
	next := make(chan int, len(contexts))
	for k := range contexts {
		next <- k
	}
	close(next)
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(contexts)) {
		all.Go(func() {
			for k := range next {
				scores[k] = map[string][]Score{}
				for _, i := range of[contexts[k]] {
					own[i] = &loader{reporter: newReporter(l.lax), docs: &Documents{}, rows: l.rows}
					sheets[i].read(own[i], scores[k])
				}
			}
		})
	}
	all.Wait()
	if l.rows.Load() >= maxRows { // whose turn it was then is chance, too
		return false
	}
	for i := range own {
		if len(own[i].errs) > 0 {
			return false
		}
	}
	for k, c := range contexts {
		c.Scores = scores[k]
	}
	for i := range own {
		l.docs.Notes = append(l.docs.Notes, own[i].docs.Notes...)
	}
	return true
}

// read reads the sheet; l takes mistakes and notes.
func (o *sheetOf) read(l *loader, into map[string][]Score) {
	t := &table{loader: l, data: o.data, by: userBy(o.book), clear: strings.TrimSpace(o.doc.Clear.Value), into: into}
	if m := o.doc.Matrix; m != nil {
		t.matrix(m, o.book)
	} else {
		t.long(o.item)
	}
}
