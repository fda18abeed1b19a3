package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/gradesync/gradesync/plan"
)

// progress is a bar on standard error where that is a terminal, and nothing
// elsewhere.
type progress struct {
	w   io.Writer // nil: show nothing
	bar *progressbar.ProgressBar
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
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(30))
}

// tick counts one. The bar is only a picture: its errors do not matter.
func (p *progress) tick() {
	if p.bar != nil {
		_ = p.bar.Add(1)
	}
}

func (p *progress) finish() {
	if p.bar != nil {
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
