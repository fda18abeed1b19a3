package agsclient

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// minKeyBits is what RS256 asks for (RFC 7518 section 3.3).
const minKeyBits = 2048

// ParsePrivateKey reads an RSA private key of at least 2048 bits from PEM, PKCS#1
// or PKCS#8; certificates and public keys beside it are passed over. Errors name
// what was found instead and never hold any of it.
func ParsePrivateKey(data []byte) (*rsa.PrivateKey, error) {
	var other error
	for rest := data; ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return privateKey(block)
		}
		if other == nil {
			other = notPrivate(block.Type)
		}
	}
	switch s := string(data); {
	case other != nil:
		return nil, other
	case strings.TrimSpace(s) == "":
		return nil, errors.New("the private key is empty")
	case strings.Contains(s, "-----BEGIN") && strings.Contains(s, `\n`):
		return nil, errors.New(`the private key's lines are joined by \n written out: they must be real line ends`)
	case strings.Contains(s, "-----BEGIN"):
		return nil, errors.New("the private key is damaged PEM: were its line ends lost?")
	}
	return nil, errors.New("the private key is not PEM: it must begin with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----")
}

func notPrivate(kind string) error {
	switch {
	case strings.HasSuffix(kind, "PUBLIC KEY"):
		return errors.New("this is a public key: the private key is wanted, the public one goes to the LMS")
	case strings.HasSuffix(kind, "CERTIFICATE"):
		return errors.New("this is a certificate and not a private key")
	}
	return errors.New("this PEM holds no private key")
}

func privateKey(b *pem.Block) (*rsa.PrivateKey, error) {
	if b.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, errors.New("the private key is encrypted: decrypt it first, for example with openssl pkey")
	}
	var key *rsa.PrivateKey
	switch b.Type {
	case "RSA PRIVATE KEY":
		k, err := x509.ParsePKCS1PrivateKey(b.Bytes)
		if err != nil {
			return nil, errors.New("the RSA private key is damaged")
		}
		key = k
	case "PRIVATE KEY":
		k, err := x509.ParsePKCS8PrivateKey(b.Bytes)
		if err != nil {
			return nil, errors.New("the private key is damaged, or of a kind that is not known here: an RSA key is wanted")
		}
		r, ok := k.(*rsa.PrivateKey)
		if !ok {
			return nil, errors.New("the private key is not RSA: LTI signs with RS256")
		}
		key = r
	case "EC PRIVATE KEY":
		return nil, errors.New("this is an elliptic-curve key: LTI signs with RS256, an RSA key is wanted")
	case "OPENSSH PRIVATE KEY":
		return nil, errors.New("this is a key in OpenSSH's own format: convert it to PEM with ssh-keygen -p -m PEM")
	default:
		return nil, errors.New("this private key is not RSA: LTI signs with RS256")
	}
	if bits := key.N.BitLen(); bits < minKeyBits {
		return nil, fmt.Errorf("the private key has %d bits: RS256 asks for at least %d", bits, minKeyBits)
	}
	return key, nil
}
