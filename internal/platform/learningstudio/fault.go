package learningstudio

import (
	"context"
	"errors"
	"net/http"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/reconcile"
)

// doing is what was tried: the same status means different things.
type doing int

const (
	reading doing = iota
	writing       // a column
	scoring       // a person
)

const (
	checkCredentials = "check applicationID, consumerKey and secret (of oauth2-password: clientString, username and password), and that this machine's clock is right: a signature is good for minutes"
	checkNetwork     = "check the url, the network, and that LearningStudio is up"
)

// fault tells what an error means. nil stays nil, and a Fault as it is.
func fault(err error, what doing) error {
	var done *reconcile.Fault
	if err == nil || errors.As(err, &done) {
		return err
	}
	f := &reconcile.Fault{Kind: reconcile.Doubt, Err: err}
	var credential *CredentialError
	var token *agsclient.TokenError
	var answer *agsclient.Error
	f.Said, f.Err = apart(err)
	switch {
	case errors.As(err, &credential):
		f.Kind, f.Hint = reconcile.Denied, "correct the Platform's credentials"
	case errors.As(err, &token):
		f.RetryAfter = token.RetryAfter
		tokenFault(f, token, what)
	case errors.As(err, &answer):
		f.RetryAfter = answer.RetryAfter
		answerFault(f, answer, what)
		f.Passing = what == reading && (f.Kind == reconcile.Doubt || f.Kind == reconcile.Throttled) &&
			!errors.Is(err, context.DeadlineExceeded) && !agsclient.InTransit(err) && !agsclient.TooMuch(err) && !malformed(err)
	}
	return f
}

// apart takes the platform's own words out of an error: they are foreign, and may
// name people.
func apart(err error) (said string, ours error) {
	var token *agsclient.TokenError
	var answer *agsclient.Error
	if !errors.As(err, &answer) {
		return "", err
	}
	quiet := *answer
	if errors.As(err, &token) { // it was wanted for something
		inner := *token
		said, inner.Description = inner.Description, ""
		quiet.Err = &inner
		return said, &quiet
	}
	said, quiet.Reason = quiet.Reason, ""
	return said, &quiet
}

func tokenFault(f *reconcile.Fault, err *agsclient.TokenError, what doing) {
	switch {
	case err.Throttled && err.Status < 500:
		f.Kind = reconcile.Throttled
		f.Passing = what == reading
	case err.Status >= 500, err.Status < 400: // nothing was written: there was no token to write with
		f.Kind, f.Hint = reconcile.Unreachable, checkNetwork
	default:
		f.Kind = reconcile.Denied
		f.Hint = "check applicationID, clientString, username and password"
	}
}

func answerFault(f *reconcile.Fault, err *agsclient.Error, what doing) {
	switch s := err.Status; {
	case errors.Is(err, errNoID): // nothing that another try could mend
		f.Kind = reconcile.Refused
	case agsclient.NotSent(err):
		f.Kind, f.Hint = reconcile.Unreachable, checkNetwork
	case err.Throttled && s < 500: // a 503 may come from between us, after the write
		f.Kind = reconcile.Throttled
	case s == 0:
		f.Hint = checkNetwork
	case s >= 500, s < 300:
	case s == http.StatusUnauthorized:
		f.Kind, f.Hint = reconcile.Denied, checkCredentials
	case s == http.StatusForbidden:
		f.Kind, f.Hint = reconcile.Denied, "let the application, or the user, use this course's gradebook in LearningStudio"
	case s == http.StatusNotFound && what != scoring, s == http.StatusGone:
		f.Kind, f.Hint = reconcile.Gone, "check the context's course: it is the course's id in LearningStudio"
	default:
		f.Kind = reconcile.Refused
	}
}
