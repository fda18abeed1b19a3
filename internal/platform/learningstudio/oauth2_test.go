package learningstudio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/reconcile"
)

const password = "open sesame & co+"

// porter gives tokens a1, a2, ... and knows which one is good.
type porter struct {
	mu      sync.Mutex
	asked   []string // the forms
	good    string
	refuse  func(form string) (status int, body string) // status 0: it is granted
	answers int
	seconds string // the rest of the answer
}

func (p *porter) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	switch {
	case r.URL.Path != "/token":
		p.answers++
		if r.Header.Get(authorization) != "Access_Token access_token="+p.good {
			rec.WriteHeader(http.StatusUnauthorized)
			_, _ = rec.WriteString(`{"error":{"message":"bad token ` + r.Header.Get(authorization) + `"}}`)
			break
		}
		_, _ = rec.WriteString(`{"gradebookItems":[]}`)
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.Header.Get(authorization) != "":
		rec.WriteHeader(http.StatusTeapot)
	default:
		p.asked = append(p.asked, body)
		if p.refuse != nil {
			status, text := p.refuse(body)
			if err := r.Context().Err(); err != nil {
				return nil, err
			}
			if status != 0 {
				if status < 0 {
					return nil, io.ErrUnexpectedEOF
				}
				rec.WriteHeader(status)
				_, _ = rec.WriteString(text)
				break
			}
		}
		p.good = fmt.Sprintf("a-long-access-token-%d", len(p.asked))
		_, _ = fmt.Fprintf(rec, `{"access_token":"%s"%s}`, p.good, p.seconds)
	}
	return rec.Result(), nil
}

func (p *porter) user(now func() time.Time) *OAuth2Password {
	return &OAuth2Password{
		HTTP: &http.Client{Transport: p}, URL: "https://api.learningstudio.com/", ApplicationID: application,
		ClientString: "sandbox", Username: "zach", Password: password, Now: now,
	}
}

func (p *porter) platform(t *testing.T, s Signer) *Platform {
	t.Helper()
	platform, err := New(&http.Client{Transport: Signed(p, s)}, Options{URL: "https://api.learningstudio.com", Course: course})
	require.NoError(t, err)
	return platform
}

const (
	byPassword = "client_id=" + application + "&grant_type=password&password=open+sesame+%26+co%2B&username=sandbox%5Czach"
	byRefresh  = "client_id=" + application + "&grant_type=refresh_token&refresh_token=r1"
)

// A token is kept, refreshed before it ends, and asked for anew after a 401.
func TestTokenLife(t *testing.T) {
	now := time.Unix(stamp, 0)
	p := &porter{seconds: `,"expires_in":"3600","refresh_token":"r1"`}
	platform := p.platform(t, p.user(func() time.Time { return now }))
	list := func() {
		t.Helper()
		_, err := platform.LineItems(t.Context())
		require.NoError(t, err)
	}
	list()
	list()
	now = now.Add(58 * time.Minute)
	list()
	require.Equal(t, []string{byPassword}, p.asked)
	now = now.Add(time.Minute)
	list()
	list()
	require.Equal(t, []string{byPassword, byRefresh}, p.asked, "a minute before it ends")
	p.good = "another"
	list()
	require.Equal(t, []string{byPassword, byRefresh, byPassword}, p.asked, "what was taken back is not refreshed")

	now = now.Add(time.Hour)
	p.refuse = func(form string) (int, string) {
		if form == byRefresh {
			return 400, "{}"
		}
		return 0, ""
	}
	list()
	require.Equal(t, []string{byRefresh, byPassword}, p.asked[3:], "a refresh that is refused is no end")

	now = now.Add(time.Hour)
	p.asked, p.refuse = nil, func(string) (int, string) { return 401, "{}" }
	_, err := platform.LineItems(t.Context())
	require.Equal(t, reconcile.Denied, asFault(t, err).Kind)
	_, err = platform.LineItems(t.Context())
	require.Equal(t, reconcile.Denied, asFault(t, err).Kind)
	require.Equal(t, []string{byRefresh, byPassword}, p.asked, "a refused login is not tried again")
}

// A platform that refuses every token gets each request twice and no more.
func TestTokenLoop(t *testing.T) {
	p := &porter{}
	signer := p.user(time.Now)
	platform := p.platform(t, &spoiler{signer, p})
	_, err := platform.LineItems(t.Context())
	f := asFault(t, err)
	require.Equal(t, reconcile.Denied, f.Kind)
	require.Contains(t, f.Said, "bad token")
	require.NotContains(t, f.Said+f.Error(), "a-long-access")
	require.Equal(t, 2, p.answers)
	require.Len(t, p.asked, 2)
}

// spoiler makes every token bad at once.
type spoiler struct {
	Signer
	p *porter
}

func (s *spoiler) Authorize(r *http.Request, body []byte) (string, error) {
	header, err := s.Signer.Authorize(r, body)
	s.p.mu.Lock()
	s.p.good = ""
	s.p.mu.Unlock()
	return header, err
}

// Many callers make one request, and one who leaves takes nobody along.
func TestTokenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &porter{refuse: func(string) (int, string) { time.Sleep(time.Second); return 0, "" }}
		signer := p.user(time.Now)
		gone, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for i := range 10 {
			ctx := t.Context()
			if i == 0 {
				ctx = gone
			}
			wg.Go(func() {
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://h/x", nil)
				if err == nil {
					_, err = signer.Authorize(r, nil)
				}
				if (err != nil) != (i == 0) {
					t.Errorf("%d: %v", i, err)
				}
			})
			synctest.Wait() // the first one begins it
		}
		leave()
		wg.Wait()
		require.Len(t, p.asked, 1)
	})
}

func TestTokenRefusals(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		body   string
		kind   reconcile.FaultKind
		asks   int
		says   string
	}{
		{"wrong login", 400, `{"error":{"message":"incorrect_client_credentials","errorId":""}}`, reconcile.Denied, 1, "incorrect_client_credentials"},
		{"wrong login, otherwise", 400, `incorrect_client_credentials for ` + password, reconcile.Denied, 1, "incorrect_client_credentials"},
		{"forbidden", 403, `{"error":{"message":"no ` + password + ` for zach"}}`, reconcile.Denied, 1, "403"},
		{"throttled", 429, "", reconcile.Throttled, 3, "429"},
		{"down", 503, "<html>", reconcile.Unreachable, 3, "503"},
		{"broken off", -1, "", reconcile.Unreachable, 3, "broke off"},
		{"another page", 200, "<html>", reconcile.Unreachable, 1, "cannot be read"},
		{"a torn answer", 200, `{"access_to`, reconcile.Unreachable, 3, "cannot be read"},
		{"no token", 200, `{"access_token":null}`, reconcile.Unreachable, 1, "no access_token"},
		{"a token that is none", 200, `{"access_token":"a\r\nX-Evil: 1"}`, reconcile.Unreachable, 1, "no header may hold"},
		{"a life that is none", 200, `{"access_token":"a","expires_in":{}}`, reconcile.Unreachable, 1, "cannot be read"},
		{"a redirect", 302, ``, reconcile.Unreachable, 1, "302"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &porter{refuse: func(string) (int, string) { return tc.status, tc.body }}
				_, err := p.platform(t, p.user(time.Now)).LineItems(t.Context())
				f := asFault(t, err)
				require.Equal(t, tc.kind, f.Kind)
				require.ErrorContains(t, f, tc.says)
				require.Len(t, p.asked, tc.asks)
				for _, private := range []string{password, "sesame", "zach"} {
					require.NotContains(t, f.Error()+f.Said, private)
				}
				var token *agsclient.TokenError
				require.ErrorAs(t, err, &token)
				require.True(t, agsclient.NotSent(err))
			})
		})
	}
}

// The platform's words about a login stand apart.
func TestTokenSaid(t *testing.T) {
	p := &porter{refuse: func(string) (int, string) { return 403, `{"error":{"message":"the campus is closed"}}` }}
	_, err := p.platform(t, p.user(time.Now)).LineItems(t.Context())
	f := asFault(t, err)
	require.Equal(t, "the campus is closed", f.Said)
	require.NotContains(t, f.Error(), "campus")
	require.Contains(t, f.Hint, "password")
}

func TestOAuth2Credentials(t *testing.T) {
	for want, change := range map[string]func(*OAuth2Password){
		"applicationID is empty": func(o *OAuth2Password) { o.ApplicationID = "" },
		"clientString is empty":  func(o *OAuth2Password) { o.ClientString = "" },
		"username is empty":      func(o *OAuth2Password) { o.Username = "" },
		"password is empty":      func(o *OAuth2Password) { o.Password = "" },
		"https":                  func(o *OAuth2Password) { o.URL = "http://api.learningstudio.com" },
	} {
		p := &porter{}
		signer := p.user(time.Now)
		change(signer)
		_, err := p.platform(t, signer).LineItems(t.Context())
		require.Equal(t, reconcile.Denied, asFault(t, err).Kind)
		require.ErrorContains(t, err, want)
		require.Empty(t, p.asked)
		require.True(t, errors.As(err, new(*CredentialError)))
	}
	signer := (&porter{}).user(time.Now)
	signer.kept = token{access: "a-token", refresh: "r-token"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		shown := fmt.Sprintf(format, signer)
		require.False(t, strings.Contains(shown, "sesame") || strings.Contains(shown, "-token"), shown)
	}
}
