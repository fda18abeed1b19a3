package learningstudio

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/gradesync/gradesync/agsclient"
)

// authorization is the header that says who asks. LearningStudio reads no
// other one.
const authorization = "X-Authorization"

// Signer says who asks. It must be safe for concurrent use.
type Signer interface {
	// Authorize makes the X-Authorization of a request with a body. Its errors
	// are [CredentialError]s and [agsclient.TokenError]s.
	Authorize(r *http.Request, body []byte) (string, error)
	// Discard says that the platform answered 401 to a header.
	Discard(header string)
}

// CredentialError says that nothing can be signed with what was configured.
// Nothing has been sent.
type CredentialError struct{ Err error }

func (e *CredentialError) Error() string { return "nothing can be signed: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *CredentialError) Unwrap() error { return e.Err }

// Signed signs every request. It belongs between what repeats requests, for a
// signature is good once, and what limits how many run at once, for a signer may
// have to ask for a token first.
//
// A request that is answered 401 has not been carried out, so it is sent a second
// time, a write too: the token may have ended early, and the answer may have
// taught the signer's clock the time.
func Signed(next http.RoundTripper, s Signer) http.RoundTripper {
	return &signed{next, s}
}

type signed struct {
	next   http.RoundTripper
	signer Signer
}

func (t *signed) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		defer r.Body.Close() // it was only read
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, fmt.Errorf("reading the request: %w", err)
		}
	}
	ctx := r.Context()
	for again := true; ; again = false {
		try := r.Clone(ctx)
		// An http.Transport sends a request without a body again by itself where a
		// used connection breaks, and with it a nonce that the platform knows by
		// then. A reader, be it empty, is for one time; none of it goes over the wire.
		try.Body, try.GetBody = io.NopCloser(bytes.NewReader(body)), nil
		header, err := t.signer.Authorize(try, body)
		if err != nil {
			return nil, err
		}
		try.Header.Set(authorization, header)
		resp, err := t.next.RoundTrip(try)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusUnauthorized || !again {
			resp.Request = try // errors are to be cleaned of what it holds
			return resp, nil
		}
		t.signer.Discard(header)
		resp.Body.Close() // what it says, the second answer says too
		ctx = agsclient.WithRepeat(ctx, true)
	}
}
