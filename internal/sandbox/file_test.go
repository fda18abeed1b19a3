package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestStateOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "s.json")
	l := newLMS(t, Options{File: file})
	item := l.create(fullItem)
	require.Equal(t, 204, l.post(item, "u1", `{"scoreGiven":5,"scoreMaximum":10,"comment":"<&>\u2028é","submission":{"startedAt":"2026-01-01T00:00:00+01:00"}}`).status)
	require.NoError(t, l.AddMember("c1", Member{UserID: "u2", Email: "u2@example.edu"}))
	requireSaved(t, l)

	for _, path := range []string{file, l.Tool().KeyFile} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
	}
	require.Equal(t, filepath.Join(dir, "s.key"), l.Tool().KeyFile)
	require.Equal(t, string(l.Tool().PrivateKeyPEM), read(t, l.Tool().KeyFile))
	require.NotContains(t, read(t, file), l.url, "the state holds no URLs")
	require.NotContains(t, read(t, file), `"d":`, "nor the private key")
	require.True(t, strings.HasPrefix(read(t, file), "{\n  \"version\": 1,\n"))

	again := newLMS(t, Options{File: file})
	require.Equal(t, again.url+items+"/1", again.send("GET", items, "").list()[0]["id"])
	again.send("POST", again.url+items+"/1/scores", strings.Replace(l.score("u1", `{}`), "12:00:0", "11:00:0", 1)).refused(409, "timestamp")
}

func TestTheSameStateIsTheSameFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.json")
	l := newLMS(t, Options{File: file})
	for _, id := range []string{"z", "a", "m"} {
		require.NoError(t, l.EnsureCourse(id))
	}
	l.create(fullItem)
	before := read(t, file)
	require.NoError(t, l.Update(func(st *State) error { return nil }))
	require.Equal(t, before, read(t, file))
}

// A process killed while writing leaves half a temporary file, and the old state.
func TestLeftoversOfAKilledProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.json")
	l := newLMS(t, Options{File: file})
	l.create(`{"label":"L","scoreMaximum":1}`)
	left := filepath.Join(filepath.Dir(file), ".s.json.123.tmp")
	require.NoError(t, os.WriteFile(left, []byte(`{"version": 1, "cour`), 0o600))
	requireSaved(t, l)
	l.create(`{"label":"M","scoreMaximum":1}`)
	requireSaved(t, l)
}

func TestOpenRefuses(t *testing.T) {
	good := func() string {
		s, err := Open(Options{Now: newClock().Now})
		require.NoError(t, err)
		require.NoError(t, s.EnsureCourse("c1"))
		data, err := encodeState(s.store.state.Load())
		require.NoError(t, err)
		return string(data)
	}()
	for name, tc := range map[string]struct{ content, want string }{
		"nothing":          {"", "unexpected end"},
		"half a file":      {good[:len(good)/2], "unexpected end"},
		"more than a file": {good + "{}", "after top-level value"},
		"another version":  {strings.Replace(good, `"version": 1`, `"version": 2`, 1), "version is 2"},
		"no version":       {`{}`, "version is 0"},
		"a list":           {`[]`, "cannot unmarshal"},
		"unknown members":  {strings.Replace(good, `"version": 1`, `"version": 1, "quirks": {}`, 1), "quirks"},
		"a null course":    {strings.Replace(good, `"courses": {`, `"courses": {"x": null, `, 1), `course "x"`},
		"no deployment":    {strings.Replace(good, `"deploymentId": "1"`, `"deploymentId": ""`, 1), "deploymentId"},
		"a null item":      {strings.Replace(good, `"lineItems": []`, `"lineItems": [null]`, 1), "null"},
		"a bad item":       {strings.Replace(good, `"lineItems": []`, `"lineItems": [{"number": 0}]`, 1), "line item 0"},
		"a bad member":     {strings.Replace(good, `"members": []`, `"members": [{"user_id": "u", "status": "?"}]`, 1), "status"},
		"a broken key":     {strings.Replace(good, `"kty": "RSA"`, `"kty": "?"`, 1), "publicKey"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "s.json")
			require.NoError(t, os.WriteFile(file, []byte(tc.content), 0o600))
			_, err := Open(Options{File: file, Now: newClock().Now})
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, file)
			require.ErrorContains(t, err, "move this one away")
			require.Equal(t, tc.content, read(t, file), "left alone")
			require.NoFileExists(t, filepath.Join(filepath.Dir(file), "s.key"))
		})
	}
}

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	dir, now := t.TempDir(), newClock().Now
	pipe := filepath.Join(dir, "pipe.json")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, path := range []string{dir, pipe, os.DevNull} {
		_, err := Open(Options{File: path, Now: now})
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, "not a regular file")
	}
	_, err := Open(Options{File: filepath.Join(dir, "none", "s.json"), Now: now})
	require.ErrorContains(t, err, "none")
	_, err = Open(Options{File: filepath.Join(dir, "s.key"), Now: now})
	require.ErrorContains(t, err, "cannot end in .key")

	huge := filepath.Join(dir, "huge.json")
	require.NoError(t, os.WriteFile(huge, make([]byte, 1001), 0o600))
	_, _, err = readRegular(huge, 1000)
	require.ErrorContains(t, err, "larger than 1000 bytes")
	_, _, err = readRegular(huge, 1001)
	require.NoError(t, err)

	for name, o := range map[string]Options{"no clock": {}, "page size": {Now: now, PageSize: -1}, "life": {Now: now, TokenLife: -1}} {
		_, err := Open(o)
		require.ErrorContains(t, err, "sandbox: ", name)
	}
}

func TestTheKeyFileCounts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.json")
	l := newLMS(t, Options{File: file})
	old := l.Tool()

	require.NoError(t, os.Remove(old.KeyFile))
	l = newLMS(t, Options{File: file})
	require.NotEqual(t, old.KeyID, l.Tool().KeyID, "a lost key is replaced and registered: newLMS has got a token")
	require.Equal(t, old.ClientID, l.Tool().ClientID)

	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	pemKey, err := encodeKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(old.KeyFile, pemKey.private, 0o600))
	l = newLMS(t, Options{File: file})
	require.Equal(t, string(pemKey.private), string(l.Tool().PrivateKeyPEM), "a key laid there is taken")

	smallKey, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	small, err := x509.MarshalPKCS8PrivateKey(smallKey)
	require.NoError(t, err)
	for name, content := range map[string]string{
		"nothing":     "",
		"no key":      string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})),
		"another PEM": strings.ReplaceAll(string(pemKey.private), "PRIVATE", "RSA PRIVATE"),
		"a small key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: small})),
	} {
		require.NoError(t, os.WriteFile(old.KeyFile, []byte(content), 0o600))
		_, err := Open(Options{File: file, Now: l.clock.Now})
		require.ErrorContains(t, err, old.KeyFile, name)
		require.ErrorContains(t, err, "move it away", name)
		require.Equal(t, content, read(t, old.KeyFile))
	}
}

func TestFirstStartOnAFullDisk(t *testing.T) {
	for _, step := range []string{"create", "write", "rename"} {
		disk, file := newBadDisk(), filepath.Join(t.TempDir(), "s.json")
		disk.fail.Store(step)
		_, err := open(Options{File: file, Now: newClock().Now}, disk.files())
		require.ErrorIs(t, err, syscall.ENOSPC)
		require.NoFileExists(t, file)
		require.Empty(t, leftovers(t, file))
	}
}

func TestLinkedStateFile(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target.json"), filepath.Join(dir, "link.json")
	l := newLMS(t, Options{File: target})
	require.NoError(t, os.Symlink(target, link))
	require.NoError(t, os.Rename(l.Tool().KeyFile, filepath.Join(dir, "link.key")))
	linked := newLMS(t, Options{File: link})
	linked.create(`{"label":"L","scoreMaximum":1}`)
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink, "the link is still one")
	require.Contains(t, read(t, target), `"label": "L"`)
	require.Empty(t, cmp.Diff(l.Tool().KeyID, linked.Tool().KeyID))
}
