package ags

import (
	"errors"
	"net/http"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/reconcile"
)

// doing is what was tried: the same status means different things.
type doing int

const (
	reading doing = iota
	writing       // a line item
	scoring       // a score
)

// fault tells what an error of the client means. nil stays nil.
func fault(err error, what doing) error {
	if err == nil {
		return nil
	}
	f := &reconcile.Fault{Kind: reconcile.Doubt, Err: err}
	var origin *agsclient.OriginError
	var token *agsclient.TokenError
	var answer *agsclient.Error
	f.Said, f.Err = apart(err)
	switch {
	case errors.As(err, &origin):
		f.Kind = reconcile.Refused
		f.Hint = "if " + origin.Host + " belongs to this LMS, name it in the Platform's `hosts`"
	case errors.As(err, &token):
		f.RetryAfter = token.RetryAfter
		tokenFault(f, token)
	case errors.As(err, &answer):
		f.RetryAfter = answer.RetryAfter
		answerFault(f, answer, what)
	case agsclient.Invalid(err):
		f.Kind = reconcile.Refused
	}
	return f
}

// apart takes the platform's own words out of an error: they are foreign, and
// may name people.
func apart(err error) (said string, ours error) {
	var answer *agsclient.Error
	var token *agsclient.TokenError
	switch {
	case errors.As(err, &token):
		quiet := *token
		said, quiet.Description = quiet.Description, ""
		if errors.As(err, &answer) { // the token was wanted for something
			outer := *answer
			outer.Err = &quiet
			return said, &outer
		}
		return said, &quiet
	case errors.As(err, &answer):
		quiet := *answer
		said, quiet.Reason = quiet.Reason, ""
		return said, &quiet
	}
	return "", err
}

func tokenFault(f *reconcile.Fault, err *agsclient.TokenError) {
	switch {
	case err.Status >= 500, err.Status == 0:
		f.Kind = reconcile.Unreachable // nothing was written: there was no token to write with
		if err.Status == 0 {
			f.Hint = "check tokenURL, the network, and that the LMS is up"
		}
	case err.Status == http.StatusTooManyRequests:
		f.Kind = reconcile.Throttled
	case err.Status < 400 || err.Status == http.StatusNotFound || err.Status == http.StatusMethodNotAllowed:
		f.Kind = reconcile.Unreachable // whatever answers there, it is no token endpoint
		f.Hint = "check tokenURL: it is the LMS's OAuth 2 token endpoint"
	default:
		f.Kind = reconcile.Denied
		switch err.Code {
		case "invalid_client":
			f.Hint = "check clientID, keyID, privateKey and audience against the tool's registration in the LMS"
		case "invalid_scope":
			f.Hint = "let the tool use Assignment and Grade Services in its registration in the LMS"
		default:
			f.Hint = "check the Platform's credentials against the tool's registration in the LMS"
		}
	}
}

func answerFault(f *reconcile.Fault, err *agsclient.Error, what doing) {
	switch s := err.Status; {
	case agsclient.Invalid(err): // nothing that another try could mend
		f.Kind = reconcile.Refused
	case agsclient.NotSent(err):
		f.Kind = reconcile.Unreachable
		f.Hint = "check the URL, the network, and that the LMS is up"
	case s == 0, s >= 500, s < 300:
		f.Kind = reconcile.Doubt
		if s == 0 {
			f.Hint = "check the URL, the network, and that the LMS is up"
		}
		if errors.Is(err, agsclient.ErrHTML) {
			f.Hint = "take lineItemsURL from the LTI launch: its path is a service's, not a page's"
		}
	case s == http.StatusTooManyRequests:
		f.Kind = reconcile.Throttled
	case s == http.StatusConflict && what == scoring:
		f.Kind = reconcile.Stale
	case s == http.StatusBadRequest && what == scoring:
		// Some platforms answer a stale timestamp so; others mean what they say.
		f.Kind, f.Once = reconcile.Stale, true
	case s == http.StatusUnauthorized, s == http.StatusForbidden && what != scoring:
		f.Kind = reconcile.Denied
		f.Hint = "let the tool use this context's gradebook in the LMS, and check that the context's URLs belong to this Platform"
	case s == http.StatusNotFound && what != scoring, s == http.StatusGone:
		f.Kind = reconcile.Gone
		f.Hint = "check lineItemsURL; a course that was deleted or copied has another one"
	default:
		f.Kind = reconcile.Refused
	}
}

// Fault tells what an error of a token request means.
func Fault(err error) error { return fault(err, reading) }
