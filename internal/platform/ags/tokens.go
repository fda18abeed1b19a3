package ags

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/gradesync/gradesync/agsclient"
)

// ReadScopes are what reading needs, and WriteScopes what writing needs.
var (
	readScopes  = []string{agsclient.ScopeLineItemReadOnly, agsclient.ScopeResultReadOnly}
	writeScopes = []string{agsclient.ScopeLineItem, agsclient.ScopeResultReadOnly, agsclient.ScopeScore}
)

// Scopes are the ones to ask for: the least that will do.
func Scopes(write bool) []string {
	if write {
		return slices.Clone(writeScopes)
	}
	return slices.Clone(readScopes)
}

// LeastPower asks a TokenSource for read-only scopes first and for the full
// scope only where the platform does not grant the read-only one. What the
// wider token is used for stays the same.
type LeastPower struct {
	Source agsclient.TokenSource
	Note   func(string) // told once when the full scope is asked for; may be nil

	mu   sync.Mutex
	wide bool
}

// Token gives a token for the scopes, or for wider ones.
func (l *LeastPower) Token(ctx context.Context, scopes []string) (agsclient.Token, error) {
	l.mu.Lock()
	wide := l.wide
	l.mu.Unlock()
	if wide {
		return l.Source.Token(ctx, widened(scopes))
	}
	tok, err := l.Source.Token(ctx, scopes)
	if !lacksReadOnly(tok, err, scopes) {
		return tok, err
	}
	full, fullErr := l.Source.Token(ctx, widened(scopes))
	if fullErr != nil {
		return tok, err // the first answer tells more
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.wide && l.Note != nil {
		l.Note("the platform does not grant the read-only line item scope; the full one was asked for, and still only reads are sent")
	}
	l.wide = true
	return full, nil
}

// Discard passes on.
func (l *LeastPower) Discard(t agsclient.Token) { l.Source.Discard(t) }

func lacksReadOnly(tok agsclient.Token, err error, asked []string) bool {
	if !slices.Contains(asked, agsclient.ScopeLineItemReadOnly) {
		return false
	}
	var refused *agsclient.TokenError
	if errors.As(err, &refused) {
		return refused.Code == "invalid_scope"
	}
	return err == nil && !slices.Contains(tok.Scopes, agsclient.ScopeLineItemReadOnly) && !slices.Contains(tok.Scopes, agsclient.ScopeLineItem)
}

func widened(scopes []string) []string {
	out := slices.Clone(scopes)
	for i, s := range out {
		if s == agsclient.ScopeLineItemReadOnly {
			out[i] = agsclient.ScopeLineItem
		}
	}
	return out
}

// Missing are the scopes of asked that a token does not grant, by the last
// part of their names.
func Missing(tok agsclient.Token, asked []string) (missing []string) {
	for _, s := range asked {
		if !slices.Contains(tok.Scopes, s) {
			missing = append(missing, s[strings.LastIndex(s, "/")+1:])
		}
	}
	return missing
}
