package sandbox

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The examples of RFC 4493 (128 bits) and NIST SP 800-38B (256 bits).
func TestCMAC(t *testing.T) {
	const message = "6bc1bee22e409f96e93d7e117393172a" + "ae2d8a571e03ac9c9eb76fac45af8e51" +
		"30c81c46a35ce411e5fbc1191a0a52ef" + "f69f2445df4f9b17ad2b417be66c3710"
	for _, tc := range []struct {
		key   string
		bytes int
		want  string
	}{
		{"2b7e151628aed2a6abf7158809cf4f3c", 0, "bb1d6929e95937287fa37d129b756746"},
		{"2b7e151628aed2a6abf7158809cf4f3c", 16, "070a16b46b4d4144f79bdd9dd04a287c"},
		{"2b7e151628aed2a6abf7158809cf4f3c", 40, "dfa66747de9ae63030ca32611497c827"},
		{"2b7e151628aed2a6abf7158809cf4f3c", 64, "51f0bebf7e3b9d92fc49741779363cfe"},
		{"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", 0, "028962f61b7bf89efc6b551f4667d983"},
		{"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", 16, "28a7023f452e8f82bd4bf28d8c37c35c"},
		{"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", 40, "aaf3d8f1de5640c232f5b169b9c911e6"},
		{"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", 64, "e1992190549f6ed5696a2c056c315410"},
	} {
		key, err := hex.DecodeString(tc.key)
		require.NoError(t, err)
		text, err := hex.DecodeString(message[:2*tc.bytes])
		require.NoError(t, err)
		sum, err := cmac(key, text)
		require.NoError(t, err)
		require.Equal(t, tc.want, hex.EncodeToString(sum), "%d bytes", tc.bytes)
	}
	_, err := cmac([]byte("short"), nil)
	require.Error(t, err)
}

const (
	vectorSecret = "0123456789abcdef0123456789abcdef"
	vectorGrade  = "/users/28456671/courses/31388494/gradebookItems/b24e5de6-ABEE-1334-XTZF-123456789000/grade"
)

// Signatures that were made by another program, of requests that are on record.
func TestSignatures(t *testing.T) {
	params := map[string]string{
		"oauth_consumer_key": studioConsumerKey, "application_id": studioApplication, "oauth_signature_method": "CMAC-AES",
		"oauth_timestamp": "1437511433", "oauth_nonce": "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
	}
	base := func(method, target, body string) string {
		r, err := http.NewRequest(method, "https://api.example.com"+target, strings.NewReader(body))
		require.NoError(t, err)
		return baseString(r, []byte(body), params)
	}
	require.Equal(t, `GET&%2Fcourses%2F31388494%2Fitems%2F100561235546%2FgradebookItem&application_id%3D11111111-2222-3333-4444-555555555555%26oauth_consumer_key%3D66666666-7777-8888-9999-000000000000%26oauth_nonce%3DABCDEFGHIJKLMNOPQRSTUVWXYZ012345%26oauth_signature_method%3DCMAC-AES%26oauth_timestamp%3D1437511433`,
		base("GET", "/courses/31388494/items/100561235546/gradebookItem", ""))
	ordered, err := url.QueryUnescape(base("GET", "/x?Zeta=1&alpha=%20&Beta=3", ""))
	require.NoError(t, err)
	require.Equal(t, "GET&/x&alpha=%20&application_id="+studioApplication+"&Beta=3&oauth_consumer_key="+studioConsumerKey+
		"&oauth_nonce=ABCDEFGHIJKLMNOPQRSTUVWXYZ012345&oauth_signature_method=CMAC-AES&oauth_timestamp=1437511433&Zeta=1", ordered)
	for _, tc := range []struct{ method, target, body, want string }{
		{"GET", "/courses/31388494/items/100561235546/gradebookItem", "", "NdPK9p//3MqA0BUlpLcubA=="},
		{"GET", "/users/28456671/courses/31388494/userGradebookItems?expand=grade", "", "lKnQ6Jdyoh8NOOCGwvVg3w=="},
		{"POST", vectorGrade, `{"grade":{"points":95}}`, "dL8ZacWaHIwFx0GPw5SC4A=="},
		{"PUT", vectorGrade, `{"grade":{"id":1051754261,"points":95}}`, "KQ/MyHLn+BLZlzJ5qoLRkw=="},
	} {
		sum, err := cmac([]byte(vectorSecret), []byte(base(tc.method, tc.target, tc.body)))
		require.NoError(t, err)
		require.Equal(t, tc.want, base64.StdEncoding.EncodeToString(sum), tc.method)
	}
	sum, err := cmac([]byte(vectorSecret), []byte("gradesync|"+studioConsumerKey+"|"+studioApplication+"|sandbox|zach|2015-07-21T16:27:47Z"))
	require.NoError(t, err)
	require.Equal(t, "5a90227ec4cff75a5d4de6619228ab17", hex.EncodeToString(sum))
}

func TestFormEncode(t *testing.T) {
	require.Equal(t, "a+b*-._%7E%2F%2B%C3%A9%2520", formEncode("a b*-._~/+é%20"))
}
