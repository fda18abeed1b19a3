package sandbox

import (
	"errors"
	"fmt"
	"net/http"
)

// problem is a refusal, with the status and reason that the client is shown.
// Reasons name fields and do not repeat what was sent: it is about people.
type problem struct {
	status    int
	reason    string
	code      string // for programs, on the faces that have one
	challenge string // WWW-Authenticate
	allow     string // Allow
}

func (p *problem) Error() string { return p.reason }

func refuse(status int, reason string) error { return &problem{status: status, reason: reason} }

func badRequest(format string, args ...any) error {
	return refuse(http.StatusBadRequest, fmt.Sprintf(format, args...))
}

// oddity is a refusal that looks like no other: not all platforms explain
// themselves in JSON, and some refuse with a status of success.
type oddity struct{ answer }

func (o *oddity) Error() string { return http.StatusText(o.status) }

// badGateway is what a proxy shows when the platform behind it has crashed.
func badGateway() error {
	return &oddity{answer{status: http.StatusBadGateway, mediaType: typeHTML, body: raw("<html><body><h1>502 Bad Gateway</h1></body></html>")}}
}

// refusal puts an error into words for the client, in the one place where
// errors become statuses.
func refusal(err error) answer {
	if o := (*oddity)(nil); errors.As(err, &o) {
		return o.answer
	}
	p := &problem{status: http.StatusInternalServerError, reason: err.Error()}
	if unsaved := (*saveError)(nil); errors.As(err, &unsaved) {
		p.status = http.StatusInsufficientStorage
	}
	errors.As(err, &p)
	header := http.Header{}
	if p.challenge != "" {
		header.Set("WWW-Authenticate", p.challenge)
	}
	if p.allow != "" {
		header.Set("Allow", p.allow)
	}
	body := struct {
		Status int    `json:"status"`
		Reason string `json:"reason"`
	}{p.status, p.reason}
	return answer{status: p.status, mediaType: typeJSON, body: body, header: header}
}
