package learningstudio

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OAuth1 is the Signer of a system that acts for no user: OAuth 1.0a with
// LearningStudio's own signature method, CMAC-AES.
type OAuth1 struct {
	ApplicationID, ConsumerKey string
	Secret                     string           // 32 characters
	Now                        func() time.Time // the platform's clock, as far as it is known
	Nonce                      func() string    // letters and digits, 32 at most; nil: random ones
}

var _ Signer = OAuth1{}

// String keeps the secret out of logs and errors.
func (o OAuth1) String() string { return "OAuth 1 of " + o.ConsumerKey + " (secret not shown)" }

// GoString keeps the secret out of %#v too.
func (o OAuth1) GoString() string { return o.String() }

// Discard does nothing: every request is signed anew.
func (o OAuth1) Discard(string) {}

// Authorize signs a request.
func (o OAuth1) Authorize(r *http.Request, body []byte) (string, error) {
	if err := o.check(); err != nil {
		return "", &CredentialError{err}
	}
	nonce := o.Nonce
	if nonce == nil {
		nonce = rand.Text
	}
	fields := []param{
		{"oauth_consumer_key", o.ConsumerKey},
		{"application_id", o.ApplicationID},
		{"oauth_signature_method", "CMAC-AES"},
		{"oauth_timestamp", strconv.FormatInt(o.Now().Unix(), 10)},
		{"oauth_nonce", nonce()},
	}
	mac, err := cmac([]byte(o.Secret), []byte(baseString(r, body, fields)))
	if err != nil {
		return "", &CredentialError{errors.New("the secret is no AES key")}
	}
	realm := *r.URL
	realm.RawQuery, realm.ForceQuery, realm.User, realm.Fragment = "", false, nil, ""
	var b strings.Builder
	fmt.Fprintf(&b, `OAuth realm="%s"`, realm.String())
	for _, f := range fields {
		fmt.Fprintf(&b, `,%s="%s"`, f.key, f.value)
	}
	fmt.Fprintf(&b, `,oauth_signature="%s"`, formEncoded(base64.StdEncoding.EncodeToString(mac)))
	return b.String(), nil
}

func (o OAuth1) check() error {
	if o.Now == nil {
		return errors.New("there is no clock")
	}
	for _, v := range []param{{"applicationID", o.ApplicationID}, {"consumerKey", o.ConsumerKey}} {
		if v.value == "" {
			return fmt.Errorf("%s is empty", v.key)
		}
		if strings.ContainsFunc(v.value, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == ',' }) {
			return fmt.Errorf("%s holds characters that no header may hold", v.key)
		}
	}
	if n := len(o.Secret); n != 32 {
		return fmt.Errorf("the secret has %d characters, and LearningStudio's have 32", n)
	}
	return nil
}

type param struct{ key, value string }

// baseString is what is signed: the method, the path as it goes over the wire,
// and all parameters by their names, the query's as they are written. The body is
// one of them.
func baseString(r *http.Request, body []byte, fields []param) string {
	all := slices.Clone(fields)
	if r.URL.RawQuery != "" {
		for part := range strings.SplitSeq(r.URL.RawQuery, "&") {
			key, value, _ := strings.Cut(part, "=")
			all = append(all, param{key, value})
		}
	}
	if r.Method == http.MethodPost || r.Method == http.MethodPut {
		all = append(all, param{"body", formEncoded(formEncoded(base64.StdEncoding.EncodeToString(body)))})
	}
	slices.SortStableFunc(all, func(a, b param) int { return cmp.Compare(strings.ToLower(a.key), strings.ToLower(b.key)) })
	pairs := make([]string, len(all))
	for i, p := range all {
		pairs[i] = p.key + "=" + p.value
	}
	return r.Method + "&" + formEncoded(r.URL.EscapedPath()) + "&" + formEncoded(strings.Join(pairs, "&"))
}

// formEncoded is form encoding as Java's URLEncoder does it, which the platform
// uses: unlike Go's it keeps * and escapes ~.
func formEncoded(s string) string {
	return strings.NewReplacer("%2A", "*", "~", "%7E").Replace(url.QueryEscape(s))
}
