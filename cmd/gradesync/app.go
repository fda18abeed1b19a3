package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/internal/run"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// app is the program with everything it takes from its process.
type app struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Env            func(string) (string, bool)
	Clock          reconcile.Clock

	words []string // of the command line, as they came

	mu sync.Mutex // guards Stderr: notes come from several goroutines
}

// stop is an error that carries an exit code. Its text may span lines.
type stop struct {
	code exit
	err  error // nil: everything has been said
	hint string
}

func (s *stop) Error() string {
	if s.err == nil {
		return fmt.Sprintf("exit %d", s.code)
	}
	return s.err.Error()
}

// Main runs one command and returns its exit code.
func (a *app) Main(ctx context.Context, args []string) int {
	a.words = args
	root := a.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return int(exitDone)
	}
	var s *stop
	if !errors.As(err, &s) {
		s = &stop{code: exitUsage, err: err, hint: "see 'gradesync --help'"}
	}
	if s.err != nil {
		a.complain(s.err, s.hint)
	}
	return int(s.code)
}

// does makes a command's RunE: whatever goes wrong once the command line is
// understood is no mistake in the command line.
func does(run func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		var s *stop
		if err == nil || errors.As(err, &s) {
			return err
		}
		return &stop{code: exitFailed, err: err}
	}
}

// complain prints an error and what to do about it.
func (a *app) complain(err error, hint string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var files spec.Errors
	if errors.As(err, &files) { // they bring their own places and lines
		fmt.Fprint(a.Stderr, escape.Text(strings.TrimRight(files.Error(), "\n")), "\n")
	} else {
		fmt.Fprintf(a.Stderr, "gradesync: %s\n", escape.Text(err.Error()))
	}
	if hint != "" {
		fmt.Fprintf(a.Stderr, "hint: %s\n", escape.Text(hint))
	}
}

// note tells the user something beside the result.
func (a *app) note(s string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	fmt.Fprintf(a.Stderr, "note: %s\n", escape.Line(s))
}

func (a *app) env(name string) string {
	v, _ := a.Env(name)
	return v
}

// terminal tells whether a stream is one that a person sits at.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (a *app) color() bool {
	return a.env("NO_COLOR") == "" && a.env("TERM") != "dumb" && terminal(a.Stdout)
}

// common are the flags of every command that reads documents.
type common struct {
	files    []string
	contexts []string
	targets  []string
	output   string
	logLevel string
	redact   bool
	timing
	public bool // Markdown and HTML are forms of its result, too
	// places: of the files, only platforms and contexts are wanted, so the
	// sheets need not be there.
	places bool
}

func (c *common) register(cmd *cobra.Command) {
	f := cmd.Flags()
	c.registerFiles(cmd)
	f.StringArrayVar(&c.contexts, "context", nil, "only contexts whose name matches this `GLOB` (repeatable)")
	f.StringArrayVar(&c.targets, "target", nil, "only line items that match this `GLOB` of gradebook/key, or of key; a bare key must be unique (repeatable)")
	c.timing.register(cmd)
	c.public = true
	f.StringVarP(&c.output, "output", "o", "text", "`FORM` of the result: text or json; markdown or html, which name nobody")
	registerLog(cmd, &c.logLevel)
}

func (c *common) registerFiles(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVarP(&c.files, "file", "f", nil, "a `FILE` of documents, a folder of them, or - for standard input (repeatable)")
	f.BoolVar(&c.redact, "redact", false, "number people instead of naming them, and leave out their points (the default where CI is set)")
}

func registerLog(cmd *cobra.Command, level *string) {
	cmd.Flags().StringVar(level, "log-level", "warn", "`LEVEL` of the log on standard error: debug, info, warn or error")
}

// finish checks what flags cannot check themselves.
func (c *common) finish(a *app, cmd *cobra.Command) error {
	if len(c.files) == 0 || slices.Contains(c.files, "") {
		return usage("which documents? name them with -f FILE, -f FOLDER or -f -")
	}
	if err := noKeys(c.files...); err != nil {
		return err
	}
	switch {
	case c.output == "text", c.output == "json", c.public && (c.output == "markdown" || c.output == "html"):
	case c.public:
		return usage("-o %s is not a form: text, json, markdown or html", c.output)
	default:
		return usage("-o %s is not a form: text or json", c.output)
	}
	c.redacted(a, cmd)
	return c.timing.begin(a, cmd, c.output)
}

// redacted: where CI is set, others can read what is printed.
func (c *common) redacted(a *app, cmd *cobra.Command) {
	if !cmd.Flags().Changed("redact") {
		ci := a.env("CI")
		c.redact = ci != "" && ci != "false" && ci != "0"
	}
}

func usage(format string, args ...any) error {
	return &stop{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// logger logs to standard error. It is given URLs without queries and no
// header or body ever.
func (a *app) logger(level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil || strings.ContainsAny(level, "+-") {
		return nil, usage("--log-level %s is not a level: debug, info, warn or error", level)
	}
	return slog.New(slog.NewTextHandler(lockedWriter{a}, &slog.HandlerOptions{Level: l})), nil
}

// lockedWriter makes the log inert and keeps its lines whole.
type lockedWriter struct{ a *app }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.a.mu.Lock()
	defer w.a.mu.Unlock()
	if _, err := io.WriteString(w.a.Stderr, escape.Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// documents loads what -f names.
func (a *app) documents(ctx context.Context, c *common) (*spec.Documents, error) {
	defer c.times.In(run.ReadingFiles)()
	var docs *spec.Documents
	var err error
	loaded := make(chan struct{})
	go func() { // a pipe, or a terminal, may never end
		defer close(loaded)
		if c.places {
			docs, _, err = spec.LoadBase(a.sources(c.files)...)
			return
		}
		docs, err = spec.Load(a.sources(c.files)...)
	}()
	select {
	case <-loaded:
	case <-ctx.Done():
		return nil, &stop{code: exitInterrupted, err: errors.New("interrupted while reading the files")}
	}
	var files spec.Errors
	if errors.As(err, &files) && c.redact {
		err = files.Public()
	}
	if err != nil {
		return nil, &stop{code: exitInvalid, err: err}
	}
	for _, n := range docs.Notes {
		words := n.Message
		if c.redact {
			words = n.Public
		}
		a.note(n.Pos.String() + ": " + words)
	}
	return docs, nil
}

// session loads documents, reads what they said before, and connects to their
// platforms. prepare has a look at the documents; it may be nil.
func (a *app) session(ctx context.Context, c *common, d *deciding, o run.Options, prepare func(*spec.Documents) error) (*run.Session, error) {
	return a.sessionOf(ctx, c, o, func(docs *spec.Documents, o run.Options) (_ *run.Session, err error) {
		if err := d.explains(docs); err != nil {
			return nil, err
		}
		if d.base != "" {
			if o.Base, err = run.ReadBase(ctx, docs, d.base, c.files, a.sources, a.note); err != nil {
				return nil, err
			}
			if o.Write {
				run.TellUncommitted(ctx, docs, c.files, a.note)
			}
		}
		if prepare != nil {
			if err := prepare(docs); err != nil {
				return nil, err
			}
		}
		return run.Open(docs, o)
	})
}

func (a *app) sessionOf(ctx context.Context, c *common, o run.Options, open func(*spec.Documents, run.Options) (*run.Session, error)) (*run.Session, error) {
	log, err := a.logger(c.logLevel)
	if err != nil {
		return nil, err
	}
	docs, err := a.documents(ctx, c)
	var wrong *stop
	if errors.As(err, &wrong) && wrong.code == exitInvalid && len(c.contexts)+len(c.targets) > 0 {
		wrong.hint = "all files of -f are read, whatever --context and --target choose: nothing was asked of any LMS; to go ahead with what has no mistakes, name its files alone"
	}
	if err != nil {
		return nil, err
	}
	if len(docs.Gradebooks) == 0 {
		return nil, &stop{code: exitInvalid, err: errors.New("the files hold no Gradebook"), hint: "name a file with `kind: Gradebook` with -f"}
	}
	o.Contexts, o.Targets = c.contexts, c.targets
	o.Env, o.Clock, o.Log, o.Note, o.Times = a.Env, a.Clock, log, a.note, c.times
	s, err := open(docs, o)
	var sel *run.SelectionError
	var rec *run.RecordError
	var base *run.BaseError
	var files spec.Errors
	var said *stop
	switch {
	case err == nil:
		return s, nil
	case ctx.Err() != nil:
		return nil, &stop{code: exitInterrupted, err: errors.New("interrupted: nothing was written")}
	case errors.As(err, &said):
		return nil, said
	case errors.As(err, &base) && errors.As(err, &files):
		if c.redact {
			files = files.Public()
		}
		a.complain(files, "")
		return nil, &stop{code: exitInvalid, err: errors.New(base.Message), hint: base.Hint}
	case errors.As(err, &base):
		return nil, &stop{code: exitFailed, err: err, hint: base.Hint}
	case errors.As(err, &sel):
		return nil, &stop{code: exitUsage, err: err}
	case errors.As(err, &files):
		if c.redact {
			err = files.Public()
		}
		return nil, &stop{code: exitInvalid, err: err}
	case errors.As(err, &rec):
		return nil, &stop{code: exitInvalid, err: err}
	default:
		return nil, &stop{code: exitFailed, err: err}
	}
}
