package agsclient

import (
	"context"
	"time"
)

// Token is an access token.
type Token struct {
	Value   string
	Scopes  []string // granted; as asked where the platform does not say
	Expires time.Time
}

// String keeps the value out of logs and errors.
func (t Token) String() string { return "access token (not shown)" }

// GoString keeps the value out of %#v too.
func (t Token) GoString() string { return t.String() }

// TokenSource gives access tokens. It must be safe for concurrent use.
type TokenSource interface {
	// Token gives a token for the scopes, in whichever order, a known one as long
	// as it is good. The scopes granted may be fewer.
	Token(ctx context.Context, scopes []string) (Token, error)
	// Discard says that the platform refused t: the next Token call asks anew. It
	// does nothing if a newer token has taken t's place already.
	Discard(t Token)
}
