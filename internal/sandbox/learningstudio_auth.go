package sandbox

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// studioHeader carries the credentials, in one of two forms.
const (
	studioHeader = "X-Authorization"
	studioOAuth  = "OAuth "
	studioBearer = "Access_Token access_token="
)

// What a token of OAuth 2 is for, in the place of scopes.
const (
	grantAccess  = "access"
	grantRefresh = "refresh"
)

func (t *studio) authorize(s *Sandbox, c *call) error {
	header := c.request.Header.Get(studioHeader)
	if token, is := strings.CutPrefix(header, studioBearer); is {
		scopes, ok := s.tokens.scopes(strings.TrimSpace(token))
		if !ok || !slices.Contains(scopes, grantAccess) {
			return refuse(http.StatusUnauthorized, "The access token is unknown or expired.")
		}
		return nil
	}
	params, is := strings.CutPrefix(header, studioOAuth)
	if !is {
		return refuse(http.StatusUnauthorized, studioHeader+" is missing, or of neither form.")
	}
	return t.authorizeOAuth(s, c, params)
}

var (
	nonceForm = regexp.MustCompile(`^[0-9A-Za-z]{1,32}$`)
	paramForm = regexp.MustCompile(`^\s*([a-z_]+)=("[^"]*"|[^",]*)\s*(?:,|$)`)
)

// signed are the parameters of the header that the signature covers.
func signed() []string {
	return []string{"oauth_consumer_key", "application_id", "oauth_signature_method", "oauth_timestamp", "oauth_nonce"}
}

// authorizeOAuth verifies a signature (OAuth 1.0a with CMAC-AES). A nonce is
// used up only by a request that nothing is wrong with.
func (t *studio) authorizeOAuth(s *Sandbox, c *call, header string) error {
	wrong := func(why string) error { return refuse(http.StatusUnauthorized, why) }
	params, ok := oauthParams(header)
	if !ok {
		return wrong("The parameters of " + studioHeader + " cannot be read.")
	}
	seconds, err := strconv.ParseInt(params["oauth_timestamp"], 10, 64)
	at := time.Unix(seconds, 0)
	sum, cmacErr := cmac([]byte(t.Secret.Value), []byte(baseString(c.request, c.body, params)))
	// The texts are compared: what decodes of one that is not base64 to its end may
	// be all of the right one.
	signature := base64.StdEncoding.EncodeToString(sum)
	switch {
	case params["oauth_signature_method"] != "CMAC-AES":
		return wrong("oauth_signature_method must be CMAC-AES.")
	case params["oauth_consumer_key"] != t.ConsumerKey || params["application_id"] != t.ApplicationID:
		return wrong("The consumer key or application id is not known.")
	case err != nil || at.Before(c.now.Add(-studioWindow)) || at.After(c.now.Add(studioWindow)):
		return wrong("oauth_timestamp is too far from the time of this system.")
	case !nonceForm.MatchString(params["oauth_nonce"]):
		return wrong("oauth_nonce must be 1 to 32 letters and digits.")
	case cmacErr != nil || subtle.ConstantTimeCompare([]byte(signature), []byte(params["oauth_signature"])) != 1:
		return wrong("oauth_signature does not match.")
	case !s.tokens.use("nonce "+params["oauth_nonce"], at.Add(studioWindow)):
		return wrong("oauth_nonce was used before.")
	}
	return nil
}

// oauthParams reads name="value" pairs in any order, with or without quotes.
func oauthParams(header string) (params map[string]string, ok bool) {
	params = map[string]string{}
	for strings.TrimSpace(header) != "" {
		found := paramForm.FindStringSubmatch(header)
		if found == nil {
			return nil, false
		}
		if _, again := params[found[1]]; again {
			return nil, false
		}
		params[found[1]] = strings.TrimSpace(strings.Trim(found[2], `"`))
		header = header[len(found[0]):]
	}
	signature, err := url.QueryUnescape(params["oauth_signature"])
	params["oauth_signature"] = signature
	return params, err == nil
}

// baseString is what is signed: the method, the path as it was sent, and the
// parameters of header, query and body in order of their names.
func baseString(r *http.Request, body []byte, params map[string]string) string {
	var pairs []string
	for _, name := range signed() {
		pairs = append(pairs, name+"="+params[name])
	}
	if r.URL.RawQuery != "" {
		pairs = append(pairs, strings.Split(r.URL.RawQuery, "&")...)
	}
	if r.Method == http.MethodPost || r.Method == http.MethodPut { // an empty one too, or a query could stand for it
		pairs = append(pairs, "body="+formEncode(formEncode(base64.StdEncoding.EncodeToString(body))))
	}
	slices.SortStableFunc(pairs, func(a, b string) int { return strings.Compare(nameOf(a), nameOf(b)) })
	return r.Method + "&" + formEncode(r.URL.EscapedPath()) + "&" + formEncode(strings.Join(pairs, "&"))
}

func nameOf(pair string) string {
	name, _, _ := strings.Cut(pair, "=")
	return strings.ToLower(name)
}

// formEncode is Java's URLEncoder, which keeps * and not ~.
func formEncode(s string) string {
	return strings.NewReplacer("%2A", "*", "~", "%7E").Replace(url.QueryEscape(s))
}
