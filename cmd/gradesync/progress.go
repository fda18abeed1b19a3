package main

import (
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/gradesync/gradesync/plan"
)

// progress is a bar on standard error where that is a terminal, and nothing
// elsewhere.
type progress struct {
	w   io.Writer // nil: show nothing
	bar *progressbar.ProgressBar

	mu          sync.Mutex
	total, done int
	stop        chan struct{}
}

func (a *app) newProgress() *progress {
	p := &progress{}
	if terminal(a.Stderr) {
		p.w = a.Stderr
	}
	return p
}

// start shows the bar; total -1 shows that something is going on.
func (p *progress) start(total int, what string) {
	if p.w == nil || total == 0 {
		return
	}
	p.bar = progressbar.NewOptions(total,
		progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
	p.total, p.done, p.stop = total, 0, make(chan struct{})
	go p.turn(p.bar, p.stop)
}

// turn draws the bar now and again, also while nothing is counted. The bar is
// only a picture: its errors do not matter.
func (p *progress) turn(bar *progressbar.ProgressBar, stop chan struct{}) {
	for {
		_ = bar.RenderBlank()
		select {
		case <-stop:
			return
		case <-time.After(150 * time.Millisecond):
		}
	}
}

// tick counts one. After the last, what was written is read back.
func (p *progress) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil {
		return
	}
	if p.done++; p.done >= p.total {
		p.bar.Describe("reading back")
		return // the bar is full when this is over, too
	}
	_ = p.bar.Add(1)
}

func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		close(p.stop)
		_ = p.bar.Finish()
		p.bar = nil
	}
}

// observing shows that the LMS is being read.
func (a *app) observing(read func() plan.Plan) plan.Plan {
	bar := a.newProgress()
	bar.start(-1, "reading")
	defer bar.finish()
	return read()
}
