package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/spec"
)

// mostAnnotations is more than GitHub shows of one step (10) and few enough
// not to bury the log.
const mostAnnotations = 50

// annotate tells GitHub's runner where the mistakes of files stand, so that it
// shows them beside the lines of a pull request. Elsewhere it does nothing.
func (a *app) annotate(err error) error {
	var s *stop
	var files spec.Errors
	if a.env("GITHUB_ACTIONS") != "true" || !errors.As(err, &s) || !errors.As(s.err, &files) {
		return nil
	}
	var b strings.Builder
	for _, e := range files[:min(len(files), mostAnnotations)] {
		b.WriteString(annotation(e, a.env("GITHUB_WORKSPACE")) + "\n")
	}
	_, err = io.WriteString(a.Stdout, b.String())
	return err
}

// annotation is a mistake as a workflow command. Its words are made inert and
// then encoded as the runner decodes them: % first, line ends, and in a
// property colons and commas too, so nothing in them can end it or begin
// another.
func annotation(e *spec.Error, workspace string) string {
	var at []string
	if e.Pos.File.String() != "" && e.Pos.File.String() != "-" {
		at = append(at, "file="+escape.CommandProperty(escape.Line(inRepository(e.Pos.File.String(), workspace))))
	}
	if e.Pos.Line > 0 {
		at = append(at, fmt.Sprint("line=", e.Pos.Line), fmt.Sprint("col=", e.Pos.Column))
	}
	words := escape.Line(e.Message)
	if e.Header != "" {
		words = "column " + escape.Quote(e.Header) + ": " + words
	}
	if e.Hint != "" {
		words += "\nhint: " + escape.Line(e.Hint)
	}
	if len(at) == 0 {
		return "::error::" + escape.CommandData(words)
	}
	return "::error " + strings.Join(at, ",") + "::" + escape.CommandData(words)
}

// inRepository is a file's path from the top of the repository, which is what
// GitHub knows it by, where it can be told.
func inRepository(file, workspace string) string {
	full, err := filepath.Abs(file)
	if err != nil || workspace == "" {
		return filepath.ToSlash(file)
	}
	inside, err := filepath.Rel(workspace, full)
	if err != nil || !filepath.IsLocal(inside) {
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(inside)
}
