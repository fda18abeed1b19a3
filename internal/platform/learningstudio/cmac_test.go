package learningstudio

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The examples of RFC 4493 section 4 (AES-128), and of NIST SP 800-38B D.3
// (AES-256): one message, cut to four lengths.
func TestCMACVectors(t *testing.T) {
	const message = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" +
		"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		require.NoError(t, err)
		return b
	}
	for key, macs := range map[string]map[int]string{
		"2b7e151628aed2a6abf7158809cf4f3c": {
			0: "bb1d6929e95937287fa37d129b756746", 16: "070a16b46b4d4144f79bdd9dd04a287c",
			40: "dfa66747de9ae63030ca32611497c827", 64: "51f0bebf7e3b9d92fc49741779363cfe",
		},
		"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4": {
			0: "028962f61b7bf89efc6b551f4667d983", 16: "28a7023f452e8f82bd4bf28d8c37c35c",
			40: "aaf3d8f1de5640c232f5b169b9c911e6", 64: "e1992190549f6ed5696a2c056c315410",
		},
	} {
		for n, want := range macs {
			mac, err := cmac(unhex(key), unhex(message)[:n])
			require.NoError(t, err)
			require.Equal(t, want, hex.EncodeToString(mac), "%d bytes, key of %d", n, len(key)/2)
		}
	}
	_, err := cmac([]byte(strings.Repeat("k", 31)), nil)
	require.Error(t, err)
}

// The assertion of the platform's own single sign-on is made with the same code.
func TestCMACOfAssertion(t *testing.T) {
	mac, err := cmac([]byte(secret), []byte("gradesync|"+consumer+"|"+application+"|sandbox|zach|2015-07-21T16:27:47Z"))
	require.NoError(t, err)
	require.Equal(t, "5a90227ec4cff75a5d4de6619228ab17", hex.EncodeToString(mac))
}
