package ags

import (
	"context"
	"errors"
	"net/http"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/reconcile"
)

// Doing is what was tried: the same status means different things.
type Doing int

// What can be tried.
const (
	Reading  Doing = iota
	Writing        // making or changing a line item
	Deleting       // a line item
	Scoring        // a person
)

// fault tells what an error of the client means on this platform. nil stays
// nil.
func (p *Profile) fault(err error, what Doing) error {
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
		if r := p.refusal(what, answer.Status, answer.Start); r != nil && !answer.Throttled {
			f.Kind, f.Once, f.Hint = r.Kind, false, r.Hint
		}
		f.Passing = what == Reading && (f.Kind == reconcile.Doubt || f.Kind == reconcile.Throttled) &&
			!errors.Is(err, context.DeadlineExceeded) && !agsclient.InTransit(err) && !agsclient.TooMuch(err)
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
	case err.Throttled && err.Status < 500:
		f.Kind = reconcile.Throttled
	case err.Status >= 500, err.Status == 0:
		f.Kind = reconcile.Unreachable // nothing was written: there was no token to write with
		if err.Status == 0 {
			f.Hint = "check tokenURL, the network, and that the LMS is up"
		}
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

func answerFault(f *reconcile.Fault, err *agsclient.Error, what Doing) {
	switch s := err.Status; {
	case agsclient.Invalid(err): // nothing that another try could mend
		f.Kind = reconcile.Refused
	case agsclient.NotSent(err):
		f.Kind = reconcile.Unreachable
		f.Hint = "check the URL, the network, and that the LMS is up"
	case err.Throttled && s < 500: // a 503 may come from between us, after the write
		f.Kind = reconcile.Throttled
	case errors.Is(err, agsclient.ErrContent):
		f.Kind = reconcile.Refused
	case s == 0, s >= 500, s < 300:
		f.Kind = reconcile.Doubt
		f.Failed = s == http.StatusInternalServerError || s == http.StatusBadGateway
		if s == 0 {
			f.Hint = "check the URL, the network, and that the LMS is up"
		}
		if errors.Is(err, agsclient.ErrHTML) {
			f.Hint = "take lineItemsURL from the LTI launch: its path is a service's, not a page's"
		}
	case s == http.StatusConflict && what == Scoring:
		f.Kind = reconcile.Stale
	case s == http.StatusBadRequest && what == Scoring:
		// Some platforms answer a stale timestamp so; others mean what they say.
		f.Kind, f.Once = reconcile.Stale, true
	case s == http.StatusUnauthorized, s == http.StatusForbidden && what != Scoring:
		f.Kind = reconcile.Denied
		f.Hint = "let the tool use this context's gradebook in the LMS, and check that the context's URLs belong to this Platform"
	case s == http.StatusNotFound && what != Scoring, s == http.StatusGone:
		f.Kind = reconcile.Gone
		f.Hint = "check lineItemsURL; a course that was deleted or copied has another one"
	default:
		f.Kind = reconcile.Refused
		if what == Scoring && s != http.StatusConflict && s >= 400 {
			f.Hint = "is the person a student of this course? gradesync roster shows who is"
		}
	}
}

// Fault tells what an error of a token request means.
func Fault(err error) error { return Generic().fault(err, Reading) }
