package learningstudio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gradesync/gradesync/agsclient"
)

const (
	readTries = 4
	readPause = 250 * time.Millisecond // before the second try; doubled each time
)

// client sends requests to one LearningStudio. Its errors are
// [agsclient.Error]s; they name no person, and repeat nothing that was sent.
type client struct {
	http    *http.Client
	base    string // without a slash at its end
	course  string
	account *agsclient.Account // of what listings take; may be nil
}

func newClient(hc *http.Client, o Options) (*client, error) {
	u, err := agsclient.ServiceURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("learningstudio: url: %w", err)
	}
	if u.RawQuery != "" || u.ForceQuery {
		return nil, errors.New("learningstudio: url: leave out the query")
	}
	return &client{unfollowing(hc), strings.TrimRight(u.String(), "/"), o.Course, o.Account}, nil
}

// unfollowing is hc that hands redirects back: a signature is for one URL, and a
// token for one host.
func unfollowing(hc *http.Client) *http.Client {
	var own http.Client
	if hc != nil {
		own = *hc
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// call is one request.
type call struct {
	op, method string
	path       []string // its segments
	user       string   // the one of them that names a person; may be ""
	body       any      // of a write
	private    []string // what an error must not repeat
	into       sink     // of a listing
}

func (r call) secrets() agsclient.Secrets { return agsclient.Secrets{Private: r.private} }

// url is where a call goes. Where it is shown, the person is left out.
func (c *client) url(r call, shown bool) string {
	var b strings.Builder
	b.WriteString(c.base)
	for _, s := range r.path {
		s, person := url.PathEscape(s), s == r.user
		if shown && person {
			s = "…"
		}
		b.WriteString("/" + s)
	}
	return b.String()
}

func (c *client) failure(r call, sent bool, err error) *agsclient.Error {
	return &agsclient.Error{Op: r.op, Method: r.method, URL: c.url(r, true), Sent: sent, Err: err}
}

// answer is what came back, whatever its status.
type answer struct {
	refusal *agsclient.Error // nil: it is a 2xx
	message string           // of a refusal, as the platform wrote it
	body    []byte           // of a 2xx to a GET
}

func (a *answer) ok() bool { return a.refusal == nil }

// errNoID is the cause of an error for an id that would make another path.
var errNoID = errors.New("an id is missing, or is nothing but dots")

// do sends a call. An error means that there is no answer that could be used; a
// refusal is an answer. A reading whose answer came torn is sent again: a column
// takes several, and would hardly ever be whole if each had to come well at the
// first try.
func (c *client) do(ctx context.Context, r call) (*answer, error) {
	for _, s := range r.path {
		if s == "" || s == "." || s == ".." {
			return nil, c.failure(r, false, errNoID)
		}
	}
	var sent []byte
	if r.body != nil {
		var err error
		if sent, err = json.Marshal(r.body); err != nil {
			return nil, c.failure(r, false, errors.New("the body cannot be written as JSON"))
		}
	}
	sending := ctx
	for try := 1; ; try++ {
		a, torn, err := c.once(sending, r, sent)
		if !torn || r.method != http.MethodGet || try == readTries || !sleep(ctx, readPause<<(try-1)) {
			return a, err
		}
		sending = agsclient.WithRepeat(ctx, true)
	}
}

// get reads the JSON that a GET answers with.
func (c *client) get(ctx context.Context, r call, into any) error {
	r.method = http.MethodGet
	a, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	if !a.ok() {
		return a.refusal
	}
	if err := decode(a.body, into); err != nil {
		return c.unread(r, http.StatusOK, err)
	}
	return nil
}
