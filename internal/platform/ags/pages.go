package ags

import "iter"

// PageSizes is how many elements of each kind of listing are asked for at once:
// limit, which AGS 2.0 and NRPS 2.0 make a wish. 0 is none: the platform's own
// pages. That is the careful choice, for there are platforms that cut a listing
// at limit, or fail.
type PageSizes struct {
	LineItems, Results, Members int
	// How is known that the platform links its pages of such a size; "" where none
	// is asked for.
	How Provenance
}

// inPages reads a listing in pages of limit. One that fills just one page may be
// whole, or be cut there in silence: it is read again without limit, so that
// nothing hangs on the profile being right. A longer one came by links, which
// shows that the platform makes them.
func inPages[T any](limit int, read func(limit int) iter.Seq2[T, error]) iter.Seq2[T, error] {
	if limit == 0 {
		return read(0)
	}
	return func(yield func(T, error) bool) {
		var held []T
		handOn := func() bool {
			for _, v := range held {
				if !yield(v, nil) {
					return false
				}
			}
			held = held[:0]
			return true
		}
		more := false // than one page
		for v, err := range read(limit) {
			if err != nil {
				yield(v, err)
				return
			}
			held = append(held, v)
			if more = more || len(held) > limit; more && !handOn() {
				return
			}
		}
		if len(held) < limit {
			handOn()
			return
		}
		for v, err := range read(0) {
			if !yield(v, err) {
				return
			}
		}
	}
}
