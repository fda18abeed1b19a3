package export

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"time"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

var errReadOnly = errors.New("what was observed cannot be written to")

// replay is a context as it was observed.
type replay struct{ *section }

func (r replay) Capabilities() reconcile.Capabilities { return r.section.Capabilities }

func (r replay) LineItems(context.Context) (reconcile.Listing, error) { return r.Listing, nil }

func (r replay) LineItemsOf(_ context.Context, resourceID string) (out reconcile.Listing, _ error) {
	for _, li := range slices.Concat(r.Listing.Items, r.Beyond) {
		if li.ResourceID == resourceID {
			out.Items = append(out.Items, li)
		}
	}
	return out, nil
}

func (r replay) LineItem(_ context.Context, id string) (plan.LineItem, error) {
	for _, li := range slices.Concat(r.Listing.Items, r.Beyond) {
		if li.ID == id {
			return li, nil
		}
	}
	return plan.LineItem{}, &reconcile.Fault{Kind: reconcile.Gone, Err: errors.New("not there")}
}

func (replay) CreateLineItem(context.Context, plan.LineItem) (string, error) {
	return "", errReadOnly
}
func (replay) ReplaceLineItem(context.Context, plan.LineItem, []string) error { return errReadOnly }
func (replay) DeleteLineItem(context.Context, string) error                   { return errReadOnly }
func (replay) PostScore(context.Context, string, reconcile.Score) error       { return errReadOnly }

func (r replay) Results(_ context.Context, id string) iter.Seq2[plan.Result, error] {
	return func(yield func(plan.Result, error) bool) {
		for _, one := range r.section.Results[id] {
			if !yield(one, nil) {
				return
			}
		}
	}
}

func (r replay) Members(context.Context) iter.Seq2[plan.Member, error] {
	return func(yield func(plan.Member, error) bool) {
		for _, m := range r.Roster {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// still is a clock for what neither waits nor asks.
type still struct{}

func (still) Now() time.Time                             { return time.Time{} }
func (still) Sleep(context.Context, time.Duration) error { return nil }

// memory is a folder of files that are not written yet.
type memory map[string][]byte

// Open opens a file of the folder.
func (m memory) Open(name string) (fs.File, error) {
	data, there := m[name]
	if !there {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &opened{Reader: bytes.NewReader(data), name: name}, nil
}

type opened struct {
	*bytes.Reader
	name string
}

func (f *opened) Stat() (fs.FileInfo, error) { return f, nil }
func (f *opened) Close() error               { return nil }
func (f *opened) Name() string               { return f.name }
func (f *opened) Mode() fs.FileMode          { return 0o444 }
func (f *opened) ModTime() time.Time         { return time.Time{} }
func (f *opened) IsDir() bool                { return false }
func (f *opened) Sys() any                   { return nil }
