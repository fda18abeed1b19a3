package setup

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// keyBits is the least that RS256 takes (RFC 7518 section 3.3), and what every
// LMS takes.
const keyBits = 2048

// Key is a key pair. All but Private may be shown to anybody.
type Key struct {
	ID      string          // its RFC 7638 thumbprint, so that no two have the same
	Private []byte          // PEM, PKCS#8
	Public  []byte          // PEM, for an LMS that takes no JWK
	JWK     json.RawMessage // the public key with alg and use, which Canvas insists on
	JWKS    []byte          // the same as a key set, indented, with a line end
}

// NewKey makes an RSA key pair for RS256.
func NewKey() (Key, error) {
	pair, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return Key{}, fmt.Errorf("making a key pair: %w", err)
	}
	k, err := encode(pair)
	if err != nil {
		return Key{}, fmt.Errorf("encoding the key pair: %w", err)
	}
	return k, nil
}

func encode(pair *rsa.PrivateKey) (Key, error) {
	private, err := x509.MarshalPKCS8PrivateKey(pair)
	if err != nil {
		return Key{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(&pair.PublicKey)
	if err != nil {
		return Key{}, err
	}
	jwk := jose.JSONWebKey{Key: &pair.PublicKey, Algorithm: string(jose.RS256), Use: "sig"}
	thumbprint, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return Key{}, err
	}
	jwk.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	k := Key{
		ID:      jwk.KeyID,
		Private: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		Public:  pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}),
	}
	if k.JWK, err = json.Marshal(jwk); err != nil {
		return Key{}, err
	}
	k.JWKS, err = indented(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk}})
	return k, err
}

func indented(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	return append(b, '\n'), err
}
