package ltiaas

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
	reading  doing = iota
	creating       // a line item
	changing       // or deleting one
	scoring        // a person
)

// Hints say what to do about it.
const (
	hintLtik = "check the Platform's apiKey; a ltik is good for 24 hours: launch the tool in this course again and copy the new ltik from its URL, " +
		"or use a serviceKey, which does not expire"
	hintServiceKey = "check the Platform's apiKey and the context's serviceKey; a serviceKey stands for one launch, " +
		"and the id token of a new launch in this course holds a new one (services.serviceKey)"
	hintService = "this launch has no such service: let the tool use Assignment and Grade Services and Names and Roles in its " +
		"registration in the LMS, and launch it in this course again"
	hintLMS     = "let the tool use this course's gradebook in its registration in the LMS"
	hintGone    = "either the column or the course is gone; for another course launch the tool there and take that launch's serviceKey"
	hintLink    = "a resourceLinkId must be one of this course: it is launch.resourceLink.id in the id token of that link's launch"
	hintNetwork = "check the Platform's url, the network, and that LTIAAS is up"
	hintURL     = "check the Platform's url: it is the account's address, as in https://your.ltiaas.com"
)

// fault tells what an error of the client means. nil stays nil.
func (p *Platform) fault(err error, what doing) error {
	if err == nil {
		return nil
	}
	f := &reconcile.Fault{Kind: reconcile.Doubt, Err: err}
	var answer *agsclient.Error
	if !errors.As(err, &answer) {
		return f // there is none
	}
	quiet := *answer // the platform's own words are foreign, and may name people
	f.Said, quiet.Reason = quiet.Reason, ""
	f.Err, f.RetryAfter = &quiet, answer.RetryAfter
	f.Kind, f.Hint = p.meaning(answer, what)
	f.Once = f.Kind == reconcile.Stale && answer.Status == http.StatusBadRequest
	f.Passing = what == reading && (f.Kind == reconcile.Doubt || f.Kind == reconcile.Throttled) &&
		!errors.Is(err, context.DeadlineExceeded) && !agsclient.InTransit(err) && !tooMuch(err) && !malformed(err)
	return f
}

func (p *Platform) meaning(err *agsclient.Error, what doing) (reconcile.FaultKind, string) {
	var argument *argumentError
	lms := errors.Is(err, errFromLMS)
	switch s := err.Status; {
	case errors.As(err, &argument):
		return reconcile.Refused, ""
	case !err.Sent:
		return reconcile.Unreachable, hintNetwork
	case err.Throttled && s < 500: // a 503 may come from between us, after the write
		return reconcile.Throttled, ""
	case s == 0:
		return reconcile.Doubt, hintNetwork
	case errors.Is(err, agsclient.ErrHTML) && (s < 300 || s == http.StatusNotFound), s >= 300 && s < 400:
		if s < 300 {
			return reconcile.Doubt, hintURL
		}
		return reconcile.Refused, hintURL
	case s < 300, s >= 500:
		return reconcile.Doubt, ""
	case s == http.StatusConflict && what == scoring:
		return reconcile.Stale, ""
	case s == http.StatusBadRequest && what == scoring && lms:
		// Some LMSs answer a stale timestamp so; others mean what they say.
		return reconcile.Stale, ""
	case s == http.StatusUnauthorized && !lms:
		return reconcile.Denied, p.renew()
	case s == http.StatusUnauthorized, s == http.StatusForbidden && what != scoring && lms:
		return reconcile.Denied, hintLMS
	case s == http.StatusForbidden && what != scoring:
		return reconcile.Denied, hintService
	case s == http.StatusNotFound && what == creating:
		return reconcile.Refused, hintLink
	case s == http.StatusNotFound && what != scoring, s == http.StatusGone:
		return reconcile.Gone, hintGone
	}
	return reconcile.Refused, ""
}

// renew says how to get credentials that work.
func (p *Platform) renew() string {
	if p.client.access.ltik {
		return hintLtik
	}
	return hintServiceKey
}
