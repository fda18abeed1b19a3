package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/internal/export"
	"github.com/gradesync/gradesync/internal/run"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// exportOptions are the flags of export.
type exportOptions struct {
	common
	out    string
	scores bool
}

func (a *app) exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export -f FILE|FOLDER|-",
		Short: "Write a course that exists as documents",
		Long: `Read the columns that the LMS shows, and write them as a Gradebook document
that plans to no change beside the same Platform. -f names the Platform and a
Gradebook with the contexts; what it says of line items is ignored, and its
users and policy are taken over. Contexts that have the same columns share one
document; where they differ, each set of columns gets its own.

Comments in the document say what was left out, and why. What it does not name
stays in the LMS as it is.

--scores writes everybody's grades too, as sheets beside the documents: from
then on they are yours, and apply writes them over what a teacher enters in the
LMS. People are named as users.by of the Gradebook says, by userId if it says
nothing. Platforms and secrets are never written. The tokens that are asked for
can only read.

Files that are there are never overwritten. One that says the same, whatever
its comments, stays as it is; one that says something else is an error, and
nothing is written.

` + exitHelp(),
		Example: `  gradesync export -f platform.yaml -f contexts.yaml > bio101.yaml
  gradesync export -f platform.yaml -f contexts.yaml --out course/ --scores`,
		Args: a.byFlag,
		RunE: does(func(cmd *cobra.Command, _ []string) error {
			o.output = "text"
			if err := o.finish(a, cmd); err != nil {
				return err
			}
			if cmd.Flags().Changed("out") && o.out == "" {
				return usage("--out is blank: name a folder")
			}
			if o.scores && o.out == "" {
				return usage("--scores writes sheets: name a folder for them with --out")
			}
			return a.export(cmd.Context(), &o)
		}),
	}
	o.registerFiles(cmd)
	f := cmd.Flags()
	f.Lookup("redact").Usage = "name nobody in errors and notes (the default where CI is set); the sheets of --scores name people all the same"
	f.StringArrayVar(&o.contexts, "context", nil, "only contexts whose name matches this `GLOB` (repeatable)")
	f.StringVar(&o.out, "out", "", "write files to this `FOLDER`, in place of standard output")
	f.BoolVar(&o.scores, "scores", false, "write everybody's grades too")
	registerLog(cmd, &o.logLevel)
	return cmd
}

func (a *app) export(ctx context.Context, o *exportOptions) (err error) {
	var docs *spec.Documents
	s, err := a.sessionOf(ctx, &o.common, run.Options{}, func(d *spec.Documents, opts run.Options) (*run.Session, error) {
		docs = d
		return run.Open(d, opts)
	})
	if err != nil {
		return err
	}
	defer a.closing(&o.common, s, &err)
	bar := a.newProgress()
	bar.start(-1, "reading")
	exported := s.Export(ctx, docs, run.ExportOptions{Scores: o.scores, Folder: o.out})
	bar.finish()
	var files []export.File
	var codes []exit
	for i := range exported {
		codes = append(codes, a.tellExported(&exported[i], o.redact)...)
		files = append(files, exported[i].Files...)
	}
	if err := a.writeExported(o, files); err != nil {
		return err
	}
	if code := worst(codes...); code != exitDone {
		return &stop{code: code}
	}
	return nil
}

// tellExported says on standard error what could not be exported.
func (a *app) tellExported(e *run.Exported, redact bool) (codes []exit) {
	failed := false
	for _, c := range e.Contexts {
		if c.Failure == nil {
			continue
		}
		failed = true
		text := c.Failure.Message
		if c.Failure.Said != "" && !redact { // the platform's own words may name people
			text += ": " + c.Failure.Said
		}
		a.complain(fmt.Errorf("%s/%s on %s: %s", e.Gradebook, c.Name, c.Platform, text), c.Failure.Hint)
		failure := plan.Context{Failure: c.Failure}
		codes = append(codes, exitOf(failure.Status(), false))
	}
	switch {
	case e.Err != nil:
		a.complain(e.Err, "take fewer contexts at a time (--context), or leave out --scores")
		codes = append(codes, exitFailed)
	case failed && len(e.Contexts) > 1:
		a.note("nothing is written of Gradebook " + e.Gradebook + ", for a document without some of its contexts would look whole; --context chooses those that can be read")
	}
	return codes
}

func (a *app) writeExported(o *exportOptions, files []export.File) error {
	if len(files) == 0 {
		return nil
	}
	if o.out == "" {
		var texts [][]byte
		for _, f := range files {
			texts = append(texts, f.Data)
		}
		_, err := a.Stdout.Write(bytes.Join(texts, []byte("---\n")))
		return err
	}
	fresh, err := unwritten(o.out, files)
	if err != nil {
		return err
	}
	if len(fresh) > 0 {
		err := placeFiles(o.out, fresh, false)
		if s := (*stop)(nil); errors.As(err, &s) { // they have come to be there by now
			return othersThere(o.out)
		}
		if err != nil {
			return err
		}
	}
	for _, f := range files {
		how := "unchanged"
		if slices.ContainsFunc(fresh, func(w file) bool { return w.name == f.Name }) {
			how = "written"
		}
		if _, err := fmt.Fprintf(a.Stdout, "%-9s  %s\n", how, escape.Line(filepath.Join(o.out, f.Name))); err != nil {
			return err
		}
	}
	if o.scores {
		a.note("you take ownership of the grades in the sheets: apply writes them over what is entered in the LMS, unless --base tells what was entered since")
		a.note("the sheets name people: keep them where only those who may see grades can read them")
	}
	return nil
}

// unwritten are the files that are not in the folder yet. One that is there and
// says something else is an error: it may hold somebody's work.
func unwritten(dir string, files []export.File) (fresh []file, err error) {
	var differ []string
	for _, f := range files {
		name := filepath.Join(dir, f.Name)
		there, err := os.ReadFile(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			mode := fs.FileMode(0o644)
			if f.Personal {
				mode = 0o600
			}
			fresh = append(fresh, file{f.Name, f.Data, mode})
		case err != nil:
			return nil, err
		case !bytes.Equal(there, f.Data) && (f.Personal || !sayTheSame(there, f.Data)):
			differ = append(differ, name)
		}
	}
	if len(differ) > 0 {
		return nil, othersThere(differ...)
	}
	return fresh, nil
}

// sayTheSame tells whether two files hold the same documents: comments and the
// way that they are laid out may be somebody's own.
func sayTheSame(a, b []byte) bool {
	var texts [2]bytes.Buffer
	for i, data := range [][]byte{a, b} {
		docs, err := spec.Read(spec.Bytes("", data))
		if err != nil {
			return false
		}
		var all []any
		for _, g := range docs.Gradebooks {
			all = append(all, g)
		}
		for _, s := range docs.Scores {
			all = append(all, s)
		}
		for _, p := range docs.Platforms {
			all = append(all, p)
		}
		if spec.Encode(&texts[i], all...) != nil {
			return false
		}
	}
	return bytes.Equal(texts[0].Bytes(), texts[1].Bytes())
}

func othersThere(names ...string) error {
	return &stop{
		code: exitFailed, err: fmt.Errorf("nothing was written, as files are there that differ: %s", strings.Join(names, ", ")),
		hint: "choose another folder with --out and compare, or move them away: export overwrites nothing",
	}
}
