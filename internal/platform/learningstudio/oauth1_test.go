package learningstudio

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	secret      = "0123456789abcdef0123456789abcdef"
	application = "11111111-2222-3333-4444-555555555555"
	consumer    = "66666666-7777-8888-9999-000000000000"
	stamp       = 1437511433
	nonce       = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	gradePath   = "/users/28456671/courses/31388494/gradebookItems/b24e5de6-ABEE-1334-XTZF-123456789000/grade"
)

// fixedOAuth1 signs at one moment, with one nonce.
func fixedOAuth1() OAuth1 {
	return OAuth1{
		ApplicationID: application, ConsumerKey: consumer, Secret: secret,
		Now: func() time.Time { return time.Unix(stamp, 0) }, Nonce: func() string { return nonce },
	}
}

// authorized is the header of a request without a body, or with one.
func authorized(t *testing.T, s Signer, method, url, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	header, err := s.Authorize(r, []byte(body))
	require.NoError(t, err)
	return header
}

// signature is the last of a header's fields.
func signature(t *testing.T, header string) string {
	t.Helper()
	_, s, found := strings.Cut(header, `oauth_signature="`)
	require.True(t, found, header)
	return strings.TrimSuffix(s, `"`)
}

// The vectors were made with openssl. Where the host is does not count.
var vectors = []struct{ method, url, body, signature string }{
	{"GET", "/courses/31388494/items/100561235546/gradebookItem", "", "NdPK9p//3MqA0BUlpLcubA=="},
	{"GET", "/users/28456671/courses/31388494/userGradebookItems?expand=grade", "", "lKnQ6Jdyoh8NOOCGwvVg3w=="},
	{"POST", gradePath, `{"grade":{"points":95}}`, "dL8ZacWaHIwFx0GPw5SC4A=="},
	{"PUT", gradePath, `{"grade":{"id":1051754261,"points":95}}`, "KQ/MyHLn+BLZlzJ5qoLRkw=="},
}

func TestSignatureVectors(t *testing.T) {
	for _, v := range vectors {
		for _, host := range []string{"https://api.learningstudio.com", "http://127.0.0.1:8080"} {
			got := signature(t, authorized(t, fixedOAuth1(), v.method, host+v.url, v.body))
			require.Equal(t, formEncoded(v.signature), got, "%s %s", v.method, v.url)
		}
	}
}

// Whatever is changed, the signature is another.
func TestTampering(t *testing.T) {
	v := vectors[2]
	was := authorized(t, fixedOAuth1(), v.method, "https://h"+v.url, v.body)
	for name, change := range map[string]func(o *OAuth1, method, url, body *string){
		"method": func(_ *OAuth1, m, _, _ *string) { *m = "PUT" },
		"path":   func(_ *OAuth1, _, u, _ *string) { *u = strings.Replace(*u, "28456671", "28456672", 1) },
		"query":  func(_ *OAuth1, _, u, _ *string) { *u += "?expand=user" },
		"body":   func(_ *OAuth1, _, _, b *string) { *b = `{"grade":{"points":96}}` },
		"key":    func(o *OAuth1, _, _, _ *string) { o.ConsumerKey = application },
		"app":    func(o *OAuth1, _, _, _ *string) { o.ApplicationID = consumer },
		"secret": func(o *OAuth1, _, _, _ *string) { o.Secret = strings.ToUpper(secret) },
		"time":   func(o *OAuth1, _, _, _ *string) { o.Now = func() time.Time { return time.Unix(stamp+1, 0) } },
		"nonce":  func(o *OAuth1, _, _, _ *string) { o.Nonce = nil },
	} {
		o, method, url, body := fixedOAuth1(), v.method, "https://h"+v.url, v.body
		change(&o, &method, &url, &body)
		require.NotEqual(t, signature(t, was), signature(t, authorized(t, o, method, url, body)), name)
	}
}

func TestBaseString(t *testing.T) {
	base := func(method, url, body string) string {
		r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
		require.NoError(t, err)
		return baseString(r, []byte(body), []param{
			{"oauth_consumer_key", consumer}, {"application_id", application}, {"oauth_signature_method", "CMAC-AES"},
			{"oauth_timestamp", fmt.Sprint(stamp)}, {"oauth_nonce", nonce},
		})
	}
	require.Equal(t, "GET&%2Fcourses%2F31388494%2Fitems%2F100561235546%2FgradebookItem&"+
		"application_id%3D11111111-2222-3333-4444-555555555555%26oauth_consumer_key%3D66666666-7777-8888-9999-000000000000%26"+
		"oauth_nonce%3DABCDEFGHIJKLMNOPQRSTUVWXYZ012345%26oauth_signature_method%3DCMAC-AES%26oauth_timestamp%3D1437511433",
		base("GET", "https://h"+vectors[0].url, ""))

	// The query counts as it is written, names are sorted without regard to case,
	// and the path as it goes over the wire.
	const others = "application_id%3D11111111-2222-3333-4444-555555555555"
	got := base("GET", "https://h/a%2Fb/c?Bx=1;2&ax=%7E+", "")
	require.Contains(t, got, "GET&%2Fa%252Fb%2Fc&"+others+"%26ax%3D%257E%2B%26Bx%3D1%3B2%26oauth_consumer_key%3D")

	// A body is encoded twice and, being a parameter, a third time.
	require.Contains(t, base("POST", "https://h/x", "{}>?"), "%26body%3De30%25252BPw%25253D%25253D%26oauth_consumer_key")
	require.Contains(t, base("PUT", "https://h/x", ""), "%26body%3D%26oauth_consumer_key")
	require.NotContains(t, base("DELETE", "https://h/x", ""), "body")
}

// As Java's URLEncoder does it.
func TestFormEncoded(t *testing.T) {
	require.Equal(t, "a+b*-._%7E%2F%2B%3D%26%C3%A9", formEncoded("a b*-._~/+=&é"))
}

func TestOAuth1Header(t *testing.T) {
	require.Equal(t, `OAuth realm="https://h:8443/x",oauth_consumer_key="`+consumer+`",application_id="`+application+
		`",oauth_signature_method="CMAC-AES",oauth_timestamp="1437511433",oauth_nonce="`+nonce+`",oauth_signature="`,
		strings.SplitAfter(authorized(t, fixedOAuth1(), "GET", "https://h:8443/x?secret=1", ""), `oauth_signature="`)[0])

	o := fixedOAuth1()
	o.Nonce = nil
	seen := map[string]bool{}
	for range 100 {
		_, rest, _ := strings.Cut(authorized(t, o, "GET", "https://h/x", ""), `oauth_nonce="`)
		got, _, _ := strings.Cut(rest, `"`)
		require.Regexp(t, `^[A-Za-z0-9]{16,32}$`, got)
		require.False(t, seen[got])
		seen[got] = true
	}
}

func TestOAuth1Credentials(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*OAuth1)
		want   string
	}{
		"no clock":        {func(o *OAuth1) { o.Now = nil }, "there is no clock"},
		"no application":  {func(o *OAuth1) { o.ApplicationID = "" }, "applicationID is empty"},
		"no consumer key": {func(o *OAuth1) { o.ConsumerKey = "" }, "consumerKey is empty"},
		"a hostile key":   {func(o *OAuth1) { o.ConsumerKey = `a",oauth_nonce="b` }, "consumerKey holds characters that no header may hold"},
		"a line":          {func(o *OAuth1) { o.ApplicationID = "a\r\nX: y" }, "applicationID holds characters that no header may hold"},
		"short secret":    {func(o *OAuth1) { o.Secret = "sesame-sesame" }, "the secret has 13 characters, and LearningStudio's have 32"},
	} {
		o := fixedOAuth1()
		tc.change(&o)
		r, err := http.NewRequestWithContext(t.Context(), "GET", "https://h/x", nil)
		require.NoError(t, err)
		_, err = o.Authorize(r, nil)
		var credential *CredentialError
		require.ErrorAs(t, err, &credential, name)
		require.ErrorContains(t, err, tc.want)
		require.NotContains(t, err.Error(), "sesame")
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		o := fixedOAuth1()
		require.NotContains(t, fmt.Sprintf(format, o)+fmt.Sprintf(format, &o), secret)
	}
}
