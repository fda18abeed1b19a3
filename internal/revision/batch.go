package revision

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// maxObject is the size of the largest file, or listing of a folder, that is read.
const maxObject = 32 << 20

// batch asks one `git cat-file --batch` (or --batch-check, which answers without
// the contents) for one object after another. It is only ever asked for ids,
// never for names, so that no name can be a second question.
type batch struct {
	git  program
	mode string

	mu sync.Mutex
	p  *process // nil: none runs
}

type process struct {
	cmd    *exec.Cmd
	end    context.CancelFunc
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *capped
}

// object is a git object; data is nil from --batch-check.
type object struct {
	kind string // blob, tree, commit, tag
	size int64
	data []byte
}

func (b *batch) start() (*process, error) {
	// The process serves many calls, and outlives the context of each.
	life, end := context.WithCancel(context.Background())
	p := &process{cmd: b.git.command(life, "cat-file", b.mode), end: end, stderr: &capped{max: maxStderr}}
	p.cmd.Stderr = p.stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		end()
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		end()
		return nil, err
	}
	p.in, p.out = in, bufio.NewReader(out)
	return p, nil
}

// stop ends the process and waits for it.
func (p *process) stop() {
	p.in.Close()
	p.end()
	_ = p.cmd.Wait()
}

// get is the object with this id, or an error: ErrMissing, that of the context, or
// a *failure, after which the next call starts a new git. With --batch the whole
// object is read: look at its size first.
func (b *batch) get(ctx context.Context, id string) (object, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return object{}, err
	}
	if b.p == nil {
		p, err := b.start()
		if err != nil {
			return object{}, &failure{-1, err.Error()}
		}
		b.p = p
	}
	p := b.p
	undo := context.AfterFunc(ctx, p.end)
	o, err := p.ask(id, b.mode == "--batch")
	whole := undo() && (err == nil || errors.Is(err, ErrMissing)) // the process is at the end of an answer, and lives
	if !whole {
		p.stop()
		b.p = nil
	}
	switch {
	case err == nil, errors.Is(err, ErrMissing):
		return o, err
	case ctx.Err() != nil:
		return object{}, ctx.Err()
	case said(p.stderr.kept.String()) != "":
		return object{}, &failure{-1, p.stderr.kept.String()}
	}
	return object{}, &failure{-1, err.Error()}
}

func (p *process) ask(id string, contents bool) (object, error) {
	if _, err := io.WriteString(p.in, id+"\n"); err != nil {
		return object{}, err
	}
	head, err := p.out.ReadString('\n')
	if err != nil {
		return object{}, fmt.Errorf("cat-file ended early: %w", err)
	}
	fields := strings.Fields(head)
	if len(fields) == 2 && fields[1] == "missing" {
		return object{}, ErrMissing
	}
	if len(fields) != 3 || fields[0] != id {
		return object{}, fmt.Errorf("cat-file answered %q", head)
	}
	o := object{kind: fields[1]}
	if o.size, err = strconv.ParseInt(fields[2], 10, 64); err != nil || o.size < 0 {
		return object{}, fmt.Errorf("cat-file answered %q", head)
	}
	if !contents {
		return o, nil
	}
	o.data = make([]byte, o.size+1) // with the line's end
	if _, err := io.ReadFull(p.out, o.data); err != nil {
		return object{}, fmt.Errorf("cat-file ended early: %w", err)
	}
	o.data = o.data[:o.size]
	return o, nil
}

func (b *batch) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.p != nil {
		b.p.stop()
		b.p = nil
	}
}

// objects reads a repository's objects.
type objects struct {
	contents, check batch
}

func newObjects(git program) *objects {
	return &objects{contents: batch{git: git, mode: "--batch"}, check: batch{git: git, mode: "--batch-check"}}
}

func (o *objects) close() {
	o.contents.close()
	o.check.close()
}

// read is an object of the kind; it looks at the size before it asks for more.
func (o *objects) read(ctx context.Context, id, kind string) ([]byte, error) {
	head, err := o.check.get(ctx, id)
	if err != nil {
		return nil, partial(err)
	}
	if head.kind != kind {
		return nil, &Error{Message: fmt.Sprintf("the repository is damaged: object %s is a %s and not a %s", id, head.kind, kind)}
	}
	if head.size > maxObject {
		return nil, ErrTooLarge
	}
	whole, err := o.contents.get(ctx, id)
	if err != nil {
		return nil, partial(err)
	}
	return whole.data, nil
}
