package sandbox

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

// clock is a platform's clock that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// lms is a sandbox behind a real HTTP server, and a tool that speaks to it.
type lms struct {
	*Sandbox
	t      *testing.T
	clock  *clock
	url    string
	bearer string // with all scopes
}

func newLMS(t *testing.T, o Options) *lms {
	t.Helper()
	return serve(t, o, osFiles())
}

func serve(t *testing.T, o Options, f files) *lms {
	t.Helper()
	l := &lms{t: t, clock: newClock()}
	if o.Now == nil {
		o.Now = l.clock.Now
	}
	var err error
	l.Sandbox, err = open(o, f)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	require.NoError(t, l.EnsureCourse("c1"))
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	l.url = server.URL
	scopes := []string{scopeLineItem, scopeResultRead, scopeScore, scopeMemberRead}
	if !l.has(quirk.NoReadOnlyScope) {
		scopes = append(scopes, scopeLineItemRead)
	}
	l.bearer = l.token(scopes...)
	return l
}

func (l *lms) key() *rsa.PrivateKey {
	key, err := decodeKey(l.Tool().PrivateKeyPEM)
	require.NoError(l.t, err)
	return key
}

// claims are those of a good assertion.
func (l *lms) claims() map[string]any {
	now := l.clock.Now().Unix()
	return map[string]any{
		"iss": l.Tool().ClientID, "sub": l.Tool().ClientID, "aud": l.url + l.Tool().AudiencePath,
		"iat": now, "exp": now + 300, "jti": randomHex(8),
		"https://purl.imsglobal.org/spec/lti/claim/deployment_id": l.Tool().DeploymentID,
	}
}

func (l *lms) sign(claims map[string]any, key any, alg jose.SignatureAlgorithm, kid string) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	require.NoError(l.t, err)
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	require.NoError(l.t, err)
	return token
}

func (l *lms) form(scopes ...string) url.Values {
	return url.Values{
		"grant_type": {grantType}, "client_assertion_type": {assertionType}, "scope": {strings.Join(scopes, " ")},
		"client_assertion": {l.sign(l.claims(), l.key(), jose.RS256, l.Tool().KeyID)},
	}
}

func (l *lms) token(scopes ...string) string {
	l.t.Helper()
	r := l.ask(l.form(scopes...))
	require.Equal(l.t, 200, r.status, r.text())
	return r.object()["access_token"].(string)
}

func (l *lms) ask(form url.Values) reply {
	l.t.Helper()
	return l.send("POST", TokenPath, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

func (r reply) text() string { return string(r.body) }

func (r reply) object() map[string]any {
	r.t.Helper()
	var v map[string]any
	require.NoError(r.t, json.Unmarshal(r.body, &v), r.text())
	return v
}

func (r reply) list() []map[string]any {
	r.t.Helper()
	var v []map[string]any
	require.NoError(r.t, json.Unmarshal(r.body, &v), r.text())
	return v
}

// refused expects a status and JSON with a reason that holds the words.
func (r reply) refused(status int, words string) {
	r.t.Helper()
	require.Equal(r.t, status, r.status, r.text())
	require.Equal(r.t, typeJSON, r.header.Get("Content-Type"))
	require.EqualValues(r.t, status, r.object()["status"])
	require.Contains(r.t, r.object()["reason"], words)
}

// send sends a request as a well-behaved tool would; header overrides, with ""
// to leave one out. A path may be a whole URL.
func (l *lms) send(method, path, body string, header ...string) reply {
	l.t.Helper()
	r, err := l.do(http.DefaultClient, method, path, body, header...)
	require.NoError(l.t, err)
	return r
}

func (l *lms) do(client *http.Client, method, path, body string, header ...string) (reply, error) {
	if !strings.HasPrefix(path, "http") {
		path = l.url + path
	}
	req, err := http.NewRequest(method, path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+l.bearer)
	switch p := l.layout.parse(req.URL); {
	case p.kind == kindScores:
		req.Header.Set("Content-Type", typeScore)
	case method == "POST" || method == "PUT":
		req.Header.Set("Content-Type", typeLineItem)
	case p.kind == kindLineItems:
		req.Header.Set("Accept", typeLineItems)
	case p.kind == kindLineItem:
		req.Header.Set("Accept", typeLineItem)
	case p.kind == kindResults:
		req.Header.Set("Accept", typeResults)
	case p.kind == kindMemberships:
		req.Header.Set("Accept", typeMemberships)
	}
	for at := 0; at < len(header); at += 2 {
		if req.Header.Del(header[at]); header[at+1] != "" {
			req.Header.Set(header[at], header[at+1])
		}
	}
	resp, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return reply{l.t, resp.StatusCode, resp.Header, bytes.TrimSpace(data)}, err
}

const items = "/courses/c1/lineitems"

// create makes a line item and returns its URL.
func (l *lms) create(body string) string {
	l.t.Helper()
	r := l.send("POST", l.LineItemsPath("c1"), body)
	require.Equal(l.t, 201, r.status, r.text())
	return r.object()["id"].(string)
}

// post posts a score: the members given, over those of a complete one, a second
// after the last.
func (l *lms) post(item, user, members string) reply {
	l.t.Helper()
	return l.send("POST", below(item, "/scores"), l.score(user, members))
}

func (l *lms) score(user, members string) string {
	l.t.Helper()
	l.clock.advance(time.Second)
	score := map[string]any{
		"userId": user, "activityProgress": "Completed", "gradingProgress": "FullyGraded",
		"timestamp": l.clock.Now().Format(time.RFC3339),
	}
	require.NoError(l.t, json.Unmarshal([]byte(members), &score))
	data, err := json.Marshal(score)
	require.NoError(l.t, err)
	return string(data)
}

// result returns what the results show of a user, nil for nothing.
func (l *lms) result(item, user string) map[string]any {
	l.t.Helper()
	r := l.send("GET", asking(below(item, "/results"), "user_id="+url.QueryEscape(user)), "")
	require.Equal(l.t, 200, r.status, r.text())
	list := r.list()
	if len(list) == 0 {
		return nil
	}
	require.Len(l.t, list, 1)
	return list[0]
}

// pages follows the next links and returns the key of every entry, by page.
func (l *lms) pages(path string, entries func(reply) []string) [][]string {
	l.t.Helper()
	var all [][]string
	for path != "" {
		r := l.send("GET", path, "")
		require.Equal(l.t, 200, r.status, r.text())
		all = append(all, entries(r))
		require.Less(l.t, len(all), 100, "the pages do not end")
		link := r.header.Get("Link")
		path, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
		if link != "" {
			require.Equal(l.t, "<"+path+`>; rel="next"`, link)
		}
	}
	return all
}

// asking adds to the query of a URL.
func asking(url, query string) string {
	if strings.Contains(url, "?") {
		return url + "&" + query
	}
	return url + "?" + query
}

func labels(r reply) (all []string) {
	for _, one := range r.list() {
		all = append(all, one["label"].(string))
	}
	return all
}
