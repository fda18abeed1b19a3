package learningstudio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gradesync/gradesync/agsclient"
)

// listing is a member of an answer that is an array, read an element at a time:
// what is too much is refused before it is kept.
type listing[T any] struct {
	member string
	most   int
	// decode makes an element of its JSON, and tells what it takes in memory.
	decode func(json.RawMessage) (element T, cost int, err error)

	taken *agsclient.Tally
	all   []T
}

// sink is a listing of whatever.
type sink interface {
	// readFrom reads a body anew. torn: it broke off, and another try may do.
	readFrom(body io.Reader) (torn bool, err error)
}

// badElement is an element that came well and says what cannot be, or one too
// many: it would come again.
type badElement struct{ error }

func (e *badElement) Unwrap() error { return e.error }

func malformed(err error) bool {
	var bad *badElement
	return errors.As(err, &bad)
}

func (l *listing[T]) readFrom(body io.Reader) (torn bool, err error) {
	l.taken.Forget()
	l.all = []T{}
	err = agsclient.Elements(agsclient.Bounded(body, maxBody, maxDepth, maxMembers), l.member, l.take, nil)
	if errors.Is(err, agsclient.ErrHTML) {
		return false, errHTML
	}
	return err != nil && !agsclient.TooMuch(err) && !agsclient.Misshapen(err) && !malformed(err), err
}

func (l *listing[T]) take(raw json.RawMessage) error {
	if len(l.all) == l.most {
		return &badElement{fmt.Errorf("there are more than %d %s", l.most, l.member)}
	}
	v, cost, err := l.decode(raw)
	if err != nil {
		return &badElement{err}
	}
	l.all = append(l.all, v)
	return l.taken.Add(cost)
}

// list reads a listing.
func list[T any](ctx context.Context, c *client, r call, l listing[T]) ([]T, error) {
	l.taken = c.account.Tally(c.url(r, false))
	r.method, r.into = http.MethodGet, &l
	a, err := c.do(ctx, r)
	if err == nil && !a.ok() {
		err = a.refusal
	}
	l.taken.End(err == nil)
	if err != nil {
		return nil, err
	}
	return l.all, nil
}
