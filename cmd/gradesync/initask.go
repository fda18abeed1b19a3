package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/internal/setup"
)

// asker asks a person at a terminal. A nil one asks nobody.
type asker struct {
	a  *app
	in *bufio.Reader
}

func (a *app) newAsker() *asker {
	if !terminal(a.Stdin) {
		return nil
	}
	return &asker{a, bufio.NewReader(a.Stdin)}
}

// first asks until there is nothing left without which no document can be
// written, and for what there may be already.
func (k *asker) first(ctx context.Context, answers setup.Answers) (setup.Answers, error) {
	if k == nil {
		return answers, nil
	}
	var err error
	asked := map[string]bool{} // one answer brings up the next question
	for {
		var next *setup.Question
		for _, q := range answers.First() {
			if !asked[q.Flag] {
				next = &q
				break
			}
		}
		if next == nil {
			return answers, nil
		}
		asked[next.Flag] = true
		if answers, err = k.ask(ctx, answers, *next); err != nil {
			return answers, err
		}
	}
}

// second asks for what the LMS hands back.
func (k *asker) second(ctx context.Context, answers setup.Answers) (setup.Answers, error) {
	if k == nil {
		return answers, nil
	}
	questions := answers.Second()
	if len(questions) > 0 {
		fmt.Fprintf(k.a.Stderr, "\nOnce that is entered, what %s hands back:\n", answers.Title())
	}
	var err error
	for _, q := range questions {
		if answers, err = k.ask(ctx, answers, q); err != nil {
			return answers, err
		}
	}
	return answers, nil
}

// ask asks again after an answer that cannot be right.
func (k *asker) ask(ctx context.Context, answers setup.Answers, q setup.Question) (setup.Answers, error) {
	for {
		fmt.Fprint(k.a.Stderr, q.Text)
		line, err := k.line(ctx)
		if err != nil && !errors.Is(err, io.EOF) {
			return answers, err
		}
		next := answers.With(q.Flag, line)
		switch wrong := next.Check(); {
		case line == "" && !answers.Needed(q):
			return answers, nil
		case line == "" && err != nil:
			fmt.Fprintln(k.a.Stderr)
			return answers, usage("there is no answer: give %s", q.Flag)
		case line == "":
		case wrong == nil:
			return next, nil
		default:
			fmt.Fprintln(k.a.Stderr, escape.Text(strings.TrimPrefix(wrong.Error(), q.Flag+" ")))
		}
	}
}

// line is what is typed, without blanks around it. An io.EOF may come with
// some.
func (k *asker) line(ctx context.Context) (string, error) {
	type typed struct {
		line string
		err  error
	}
	answer := make(chan typed, 1)
	go func() { // reading cannot be interrupted; the process ends soon after
		line, err := k.in.ReadString('\n')
		answer <- typed{strings.TrimSpace(line), err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(k.a.Stderr)
		return "", &stop{code: exitInterrupted, err: errors.New("interrupted")}
	case t := <-answer:
		return t.line, t.err
	}
}
