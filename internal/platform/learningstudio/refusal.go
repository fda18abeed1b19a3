package learningstudio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/gradesync/gradesync/agsclient"
)

// refusal is the answer that is no 2xx. What a 404 is about only its words tell,
// so one whose words broke off is no answer.
func (c *client) refusal(ctx context.Context, r call, resp *http.Response, sent []byte) (a *answer, torn bool, err error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if resp.StatusCode == http.StatusNotFound && (err != nil || half(body)) {
		shown := errTorn
		if err != nil {
			shown, _ = r.secrets().Cause(ctx, err)
		}
		return nil, true, c.failure(r, true, shown)
	}
	secrets := agsclient.Secrets{Credentials: secretsOf(resp.Request), Private: r.private}
	e := c.failure(r, true, nil)
	e.Status, e.RetryAfter = resp.StatusCode, agsclient.RetryAfter(resp.Header)
	e.Throttled = agsclient.Throttled(resp.StatusCode, resp.Header, body)
	e.Reason = reason(body, string(sent), secrets)
	switch {
	case resp.StatusCode < 400:
		e.Err = errors.New("answered with a redirect, which is not followed: is the url right?")
	case bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")):
		e.Err = errHTML
	}
	return &answer{refusal: e, message: message(body)}, false, nil
}

var errHTML = errors.New("answered with a web page: is the url that of LearningStudio's API?")

// message is what an error body says, with nothing cut out of it; "" if it says
// nothing.
func message(body []byte) string {
	var wire struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &wire) != nil {
		return ""
	}
	var inner struct {
		Message text `json:"message"`
	}
	if json.Unmarshal(wire.Error, &inner) == nil {
		return string(inner.Message)
	}
	var plain text
	_ = json.Unmarshal(wire.Error, &plain) // or it says nothing
	return string(plain)
}

// reason is a message that is fit to be shown, as [agsclient.Secrets.Reason].
func reason(body []byte, sent string, secrets agsclient.Secrets) string {
	if m := message(body); m != "" {
		body = []byte(m)
	}
	return secrets.Reason(body, sent)
}

// parameter is one of X-Authorization, in quotes or not.
var parameter = regexp.MustCompile(`\w=(?:"([^"]*)"|([^",\s]+))`)

// secretsOf are the words of a request's X-Authorization, as they stand there and
// as they are meant.
func secretsOf(r *http.Request) (words []string) {
	if r == nil {
		return nil
	}
	for _, m := range parameter.FindAllStringSubmatch(r.Header.Get(authorization), -1) {
		w := m[1] + m[2] // without its name, which everyone knows and a reason may say
		if len(w) < 8 || strings.HasPrefix(w, "http") {
			continue // not worth hiding, and it would tear what may be said
		}
		words = append(words, w)
		if plain, err := url.QueryUnescape(w); err == nil && plain != w {
			words = append(words, plain)
		}
	}
	return words
}

// noGrade tells a 404 that means that nobody has graded from one that means that
// the course, the item or the person is not there.
func (a *answer) noGrade() bool {
	return !a.ok() && a.refusal.Status == http.StatusNotFound && strings.EqualFold(strings.Trim(a.message, " ."), "grade not found")
}
