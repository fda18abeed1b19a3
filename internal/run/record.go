package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gradesync/gradesync/internal/platform/ltiaas"
	"github.com/gradesync/gradesync/internal/runlog"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// The files of a run's record.
const (
	beforeFile = "before.yaml"
	afterFile  = "after.yaml"
	planFile   = "plan.json"
)

// recording is the record of an apply that is under way. nil records nothing.
type recording struct {
	*runlog.Run
	now  func() time.Time
	sent *atomic.Bool // set once something was written
	mu   sync.Mutex
	err  error // the first that an outcome could not be recorded for
}

// record makes the record of what a plan will touch. It is nil where nothing
// will be.
func (s *Session) record(p plan.Plan) (*recording, error) {
	// Of large plans this takes seconds, and nothing is written before. What is made
	// of a context is let go before there are many.
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	before, after := make([]bytes.Buffer, len(p.Contexts)), make([]bytes.Buffer, len(p.Contexts))
	for i := range p.Contexts {
		c := &p.Contexts[i]
		if st := c.Status(); st != plan.Pending && (st != plan.HeldBack || !s.opts.SkipHeld) {
			continue
		}
		g.Go(func() error {
			for b, a := range reconcile.Record(c) {
				var both errgroup.Group
				both.Go(func() error { return readable(beforeFile, b, &before[i]) })
				both.Go(func() error { return readable(afterFile, a, &after[i]) })
				if err := both.Wait(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	there := joined(before)
	if len(there) == 0 {
		return nil, nil
	}
	planned, err := plan.Encode(p)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{planFile: planned, beforeFile: there, afterFile: joined(after)}
	names := []string{beforeFile, afterFile, planFile}
	if len(s.steps) > 0 {
		steps, err := json.Marshal(s.steps)
		if err != nil {
			return nil, err
		}
		files[recordedFile] = steps
		names = append(names, recordedFile)
	}
	run, err := runlog.Create(runlog.Options{Dir: s.opts.RunsDir, Now: s.opts.Clock.Now(), Recipients: s.opts.SealTo})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := run.Write(name, files[name]); err != nil {
			_ = run.Close() // the error of writing says more
			return nil, err
		}
	}
	return &recording{Run: run, now: s.opts.Clock.Now, sent: &s.sent}, nil
}

// readable adds a document as undo will read it, and makes sure that it can.
func readable(name string, doc *spec.Gradebook, to *bytes.Buffer) error {
	if to.Len() > 0 {
		to.WriteString(between)
	}
	begin := to.Len()
	if err := spec.Encode(to, doc); err != nil {
		return fmt.Errorf("recording what is there: %w", err)
	}
	if _, err := spec.Read(spec.Bytes(name, to.Bytes()[begin:])); err != nil {
		return fmt.Errorf("the record would not be readable: %w", err)
	}
	return nil
}

// between stands between two documents.
const between = "---\n"

// joined is one file of documents.
func joined(docs []bytes.Buffer) []byte {
	var texts [][]byte
	for i := range docs {
		if docs[i].Len() > 0 {
			texts = append(texts, docs[i].Bytes())
		}
	}
	return bytes.Join(texts, []byte(between))
}

// line is a line of the record.
type line struct {
	Time      time.Time `json:"time"`
	Gradebook string    `json:"gradebook"`
	Context   string    `json:"context"`
	reconcile.Ended
}

// ended records the end of a write. That it could not be recorded stops no
// other write: what is there can still be read back.
func (r *recording) ended(w *reconcile.Want, e reconcile.Ended) {
	if r == nil {
		return
	}
	if e.Row.Outcome != "" && e.Row.Sent() {
		r.sent.Store(true)
	}
	r.outcome(line{Time: r.now().UTC(), Gradebook: w.Gradebook, Context: w.Context, Ended: e})
}

func (r *recording) outcome(line any) {
	if err := r.Outcome(line); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.err == nil {
			r.err = err
		}
	}
}

// watched is a job's platform, whose creates are recorded where only a launch
// tells the course: an undo knows it again by its line items.
func (r *recording) watched(j *job) reconcile.Platform {
	p, launched := j.p.(*ltiaas.Platform)
	if r == nil || !launched {
		return j.p
	}
	return creates{p, func(id string) {
		r.outcome(made{Time: r.now().UTC(), Gradebook: j.want.Gradebook, Context: j.want.Context, Made: id})
	}}
}

// made is a line of the record: a line item that a create got the id of.
type made struct {
	Time      time.Time `json:"time"`
	Gradebook string    `json:"gradebook"`
	Context   string    `json:"context"`
	Made      string    `json:"made"`
}

type creates struct {
	*ltiaas.Platform
	note func(id string)
}

// CreateLineItem notes the id.
func (c creates) CreateLineItem(ctx context.Context, item plan.LineItem) (string, error) {
	id, err := c.Platform.CreateLineItem(ctx, item)
	if id != "" {
		c.note(id)
	}
	return id, err
}

func (r *recording) close() error {
	if r == nil {
		return nil
	}
	err := r.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	return err
}
