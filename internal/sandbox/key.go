package sandbox

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

const (
	keyBits      = 2048
	deploymentID = "1"
	maxKeyFile   = 64 << 10
)

// openStore opens the state and the key beside it. The key file is what counts:
// the state registers whatever key lies there, so that a lost key, and a crash
// between writing the two, mend themselves at the next start.
func openStore(file string, f files) (*store, Tool, error) {
	var d *disk
	var st *State
	var keyFile string
	if file != "" {
		keyFile = strings.TrimSuffix(file, filepath.Ext(file)) + ".key"
		if keyFile == file {
			return nil, Tool{}, fmt.Errorf("%s: a state file cannot end in .key, the tool's key is kept there", file)
		}
		d = &disk{path: resolved(file), files: f}
		var err error
		if st, err = d.load(); err != nil {
			return nil, Tool{}, err
		}
	}
	key, err := openKey(keyFile, f)
	if err != nil {
		return nil, Tool{}, err
	}
	s := newStore(st, d)
	if st == nil || !bytes.Equal(st.Client.PublicKey, key.public) {
		if st == nil {
			st = &State{Version: stateVersion, Client: Client{ID: "tool-" + randomHex(8), DeploymentID: deploymentID}, Courses: map[string]*Course{}}
		}
		registered := *st
		registered.Client.PublicKey = bytes.Clone(key.public)
		if err := s.save(&registered); err != nil {
			return nil, Tool{}, fmt.Errorf("%s: %w", file, err)
		}
		s.state.Store(&registered)
	}
	client := s.state.Load().Client
	return s, Tool{ClientID: client.ID, KeyID: key.id, DeploymentID: client.DeploymentID, PrivateKeyPEM: bytes.Clone(key.private), KeyFile: keyFile}, nil
}

// resolved follows symbolic links: the file they lead to is what is replaced.
func resolved(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

// toolKey is the tool's key as it is written: private in PEM, public as a JWK
// with its id.
type toolKey struct {
	private []byte
	public  json.RawMessage
	id      string
}

// memoryKey is the key of all sandboxes that keep theirs in memory. To make one
// takes long, and tests open thousands; nobody can change it, and it guards
// nothing that outlives the process.
var memoryKey = sync.OnceValues(newKey)

func newKey() (toolKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return toolKey{}, err
	}
	return encodeKey(key)
}

// openKey reads the private key or, where there is none, makes one and writes it.
func openKey(path string, f files) (toolKey, error) {
	if path == "" {
		return memoryKey()
	}
	data, _, err := readRegular(path, maxKeyFile)
	if err == nil {
		key, err := decodeKey(data)
		if err != nil {
			return toolKey{}, fmt.Errorf("%s: %w; move it away to have a new key made", path, err)
		}
		return encodeKey(key)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return toolKey{}, err
	}
	key, err := newKey()
	if err != nil {
		return toolKey{}, err
	}
	if _, err := f.replace(path, key.private, func() error { return nil }); err != nil {
		return toolKey{}, fmt.Errorf("%s: the tool's key could not be written: %w", path, err)
	}
	return key, nil
}

func encodeKey(key *rsa.PrivateKey) (toolKey, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return toolKey{}, err
	}
	public, id, err := publicJWK(key)
	return toolKey{private: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), public: public, id: id}, err
}

func decodeKey(data []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("not a PKCS#8 private key in PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("not a PKCS#8 private key in PEM")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok || key.N.BitLen() < keyBits {
		return nil, fmt.Errorf("not an RSA key of %d bits or more", keyBits)
	}
	return key, nil
}

// publicJWK names the key by its thumbprint (RFC 7638), so that another key
// never has the same id.
func publicJWK(key *rsa.PrivateKey) (jwk json.RawMessage, id string, err error) {
	public := jose.JSONWebKey{Key: &key.PublicKey, Algorithm: string(jose.RS256), Use: "sig"}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, "", err
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	jwk, err = json.Marshal(public)
	return jwk, public.KeyID, err
}

// randomHex returns n random bytes; crypto/rand does not fail.
func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}
