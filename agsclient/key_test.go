package agsclient

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// testKey is made once: it takes a while.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func armour(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestParsePrivateKey(t *testing.T) {
	key := testKey()
	pkcs1 := armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	pkcs8 := armour("PRIVATE KEY", der)
	pub := armour("PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey))
	for name, in := range map[string][]byte{
		"PKCS#1": pkcs1, "PKCS#8": pkcs8, "beside a public key": append(append([]byte("Bag Attributes\n"), pub...), pkcs8...),
		"Windows line ends": []byte(strings.ReplaceAll(string(pkcs8), "\n", "\r\n")),
	} {
		got, err := ParsePrivateKey(in)
		require.NoError(t, err, name)
		require.True(t, key.Equal(got), name)
	}

	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ec8, err := x509.MarshalPKCS8PrivateKey(curve)
	require.NoError(t, err)
	ec, err := x509.MarshalECPrivateKey(curve)
	require.NoError(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	ed8, err := x509.MarshalPKCS8PrivateKey(ed)
	require.NoError(t, err)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	legacy := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}, Bytes: der})

	for _, tc := range []struct {
		name, want string
		in         []byte
	}{
		{"empty", "is empty", []byte(" \n")},
		{"public", "public key", pub},
		{"certificate", "certificate", armour("CERTIFICATE", der)},
		{"parameters", "holds no private key", armour("DH PARAMETERS", der)},
		{"EC", "elliptic-curve", armour("EC PRIVATE KEY", ec)},
		{"EC in PKCS#8", "not RSA", armour("PRIVATE KEY", ec8)},
		{"Ed25519", "not RSA", armour("PRIVATE KEY", ed8)},
		{"DSA", "not RSA", armour("DSA PRIVATE KEY", der)},
		{"encrypted", "is encrypted", armour("ENCRYPTED PRIVATE KEY", der)},
		{"encrypted the old way", "is encrypted", legacy},
		{"OpenSSH", "OpenSSH", armour("OPENSSH PRIVATE KEY", der)},
		{"damaged PKCS#1", "damaged", armour("RSA PRIVATE KEY", der)},
		{"damaged PKCS#8", "damaged", armour("PRIVATE KEY", der[:100])},
		{"too short", "1024 bits", armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(short))},
		{"escaped line ends", `joined by \n`, []byte(strings.ReplaceAll(string(pkcs8), "\n", `\n`))},
		{"no line ends", "line ends lost", []byte(strings.ReplaceAll(string(pkcs8), "\n", " "))},
		{"something else", "not PEM", []byte("correct horse battery staple")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := ParsePrivateKey(tc.in)
			require.ErrorContains(t, err, tc.want)
			for _, line := range strings.Fields(string(tc.in)) {
				if len(line) > 20 || tc.name == "something else" {
					require.NotContains(t, err.Error(), line)
				}
			}
		})
	}
}

func FuzzParsePrivateKey(f *testing.F) {
	f.Add(armour("RSA PRIVATE KEY", []byte{0x30, 0x03, 0x02, 0x01, 0x00}))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----"))
	f.Fuzz(func(t *testing.T, in []byte) {
		key, err := ParsePrivateKey(in)
		require.Equal(t, err == nil, key != nil)
	})
}
