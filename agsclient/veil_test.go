package agsclient

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const bearer = "a1B2c3D4e5F6g7H8-i9J0k1L2m3N4o5P6"

// What a platform makes of a token when it says it back.
func TestTokenEchoes(t *testing.T) {
	for name, echo := range map[string]string{
		"upper":              strings.ToUpper(bearer),
		"lower":              strings.ToLower(bearer),
		"spaced":             strings.Join(strings.Split(bearer, ""), " "),
		"dashed":             strings.Join(strings.Split(bearer, ""), "-"),
		"base64":             base64.StdEncoding.EncodeToString([]byte("Bearer " + bearer)),
		"base64 in lines":    split(base64.StdEncoding.EncodeToString([]byte("Bearer "+bearer)), "\n"),
		"base64url":          base64.RawURLEncoding.EncodeToString([]byte(bearer)),
		"hex":                hex.EncodeToString([]byte(bearer)),
		"HEX":                strings.ToUpper(hex.EncodeToString([]byte(bearer))),
		"hex in pairs":       split(hex.EncodeToString([]byte(bearer)), ":"),
		"hex, spaced":        fmt.Sprintf("% x", bearer),
		"twice base64":       base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(bearer)))),
		"base64 in a member": "token=" + base64.StdEncoding.EncodeToString([]byte(bearer)),
	} {
		t.Run(name, func(t *testing.T) {
			body := []byte(`{"message":` + string(mustJSON(t, "bad request: "+echo)) + `}`)
			require.Contains(t, []string{"…", "bad request: …", "bad request: token=…"}, reasonOf(body, "", []string{bearer}, nil))
			if name != "twice base64" {
				err := hide(errors.New("the line item \""+echo+"\" has no id"), []string{bearer})
				require.Contains(t, []string{"…", `the line item "…" has no id`}, err.Error())
			}
		})
	}
}

func split(text, by string) string {
	var parts []string
	for len(text) > 4 {
		parts, text = append(parts, text[:4]), text[4:]
	}
	return strings.Join(append(parts, text), by)
}

// Words and scopes are not taken for an encoding.
func TestWordsAreNoEncoding(t *testing.T) {
	for _, text := range []string{
		"the scope https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly is not granted",
		"The scoreMaximum must be greater than 0",
		"donaudampfschifffahrtsgesellschaft-kapitaen",
	} {
		require.Equal(t, text, reasonOf([]byte(`{"message":`+string(mustJSON(t, text))+`}`), "", []string{bearer}, nil))
	}
	require.Equal(t, "who is …?", reasonOf([]byte(`{"message":"who is deadbeefdeadbeefdeadbeef00?"}`), "", nil, nil))
}

// A next link may carry the token in its host, which is lower case by then.
func TestTokenInHost(t *testing.T) {
	for _, token := range []string{"tok-1", bearer} {
		srv := func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "<https://"+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+".evil.example/>; rel=next")
			answer(200, `[]`)(w, r)
		}
		c, _ := lms(t, Options{}, srv)
		c.tokens = fixedToken(token)
		_, err := c.LineItems(t.Context(), LineItemFilter{})
		var o *OriginError
		require.ErrorAs(t, err, &o)
		for _, text := range []string{o.Host, o.URL, o.Error(), err.Error()} {
			require.NotContains(t, strings.ToLower(text), strings.ToLower(token))
			require.Contains(t, text, "…")
		}
	}
}
