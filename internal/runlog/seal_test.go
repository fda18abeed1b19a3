package runlog

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

func identity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	return id
}

func TestSealed(t *testing.T) {
	one, two, other := identity(t), identity(t), identity(t)
	r := create(t, runsDir(t), one.Recipient(), two.Recipient())
	big := bytes.Repeat([]byte("student\n"), 50_000)
	require.NoError(t, r.Write("before.yaml", big))
	require.ErrorIs(t, r.Write("before.yaml", nil), fs.ErrExist)
	require.NoError(t, r.Outcome("student 1"))
	require.NoError(t, r.Outcome("student 2"))
	require.NoError(t, r.Close())

	entries, err := os.ReadDir(r.Dir())
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		requireMode(t, filepath.Join(r.Dir(), e.Name()), 0o600)
		data, err := os.ReadFile(filepath.Join(r.Dir(), e.Name()))
		require.NoError(t, err)
		require.NotContains(t, string(data), "student")
	}
	require.Equal(t, []string{"before.yaml.age", "outcome.jsonl.age"}, names)

	for _, ids := range [][]age.Identity{{one}, {two}, {other, two}} {
		f, err := Open(r.Dir(), ids...)
		require.NoError(t, err)
		data, err := f.Read("before.yaml")
		require.NoError(t, err)
		require.True(t, bytes.Equal(big, data))
		lines, errs := all(f)
		require.Empty(t, errs)
		require.Equal(t, []string{`"student 1"`, `"student 2"`}, lines)
	}

	_, err = Open(r.Dir())
	require.ErrorIs(t, err, ErrSealed)
	_, err = Open(r.Dir(), nil)
	require.ErrorIs(t, err, ErrSealed)

	f, err := Open(r.Dir(), other)
	require.NoError(t, err)
	_, err = f.Read("before.yaml")
	requireNoMatch(t, err)
	require.ErrorContains(t, err, "before.yaml.age")
	lines, errs := all(f)
	require.Empty(t, lines)
	require.Len(t, errs, 2)
	requireNoMatch(t, errs[0])
}

func requireNoMatch(t *testing.T, err error) {
	t.Helper()
	_, ok := errors.AsType[*age.NoIdentityMatchError](err)
	require.True(t, ok, "%v", err)
}

// Each line opens alone, also with age itself, and damage to one is damage to one.
func TestSealedLinesAreApart(t *testing.T) {
	id := identity(t)
	r := create(t, runsDir(t), id.Recipient())
	for i := range 4 {
		require.NoError(t, r.Outcome(i))
	}
	require.NoError(t, r.Close())
	path := filepath.Join(r.Dir(), "outcome.jsonl.age")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	require.Len(t, lines, 4)

	sealed, err := base64.StdEncoding.DecodeString(lines[2])
	require.NoError(t, err)
	plain, err := age.Decrypt(bytes.NewReader(sealed), id)
	require.NoError(t, err)
	data, err := readAll(plain, 10)
	require.NoError(t, err)
	require.Equal(t, "2", string(data))

	half := lines[1][:len(lines[1])/2]
	require.NoError(t, os.WriteFile(path, []byte(lines[0]+"\n"+half+"\n"+lines[2]+"\n"+lines[3][:40]), 0o600))
	f, err := Open(r.Dir(), id)
	require.NoError(t, err)
	got, errs := all(f)
	require.Equal(t, []string{"0", "2"}, got)
	require.Len(t, errs, 2)
	require.ErrorContains(t, errs[0], "outcome.jsonl.age:2: ")
	require.ErrorIs(t, errs[1], ErrTorn)
}

// A file put beside sealed ones is not taken for part of the record.
func TestPlainBesideSealed(t *testing.T) {
	id := identity(t)
	r := create(t, runsDir(t), id.Recipient())
	for _, name := range []string{"before.yaml", "outcome.jsonl"} {
		require.NoError(t, os.WriteFile(filepath.Join(r.Dir(), name), []byte("1\n"), 0o600))
	}
	_, err := Open(r.Dir())
	require.ErrorIs(t, err, ErrSealed)
	f, err := Open(r.Dir(), id)
	require.NoError(t, err)
	_, err = f.Read("before.yaml")
	require.ErrorIs(t, err, fs.ErrNotExist)
	lines, errs := all(f)
	require.Empty(t, lines)
	require.Empty(t, errs)
}

// age refuses to mix these. It is known before anything is made.
func TestRecipientsThatDoNotMix(t *testing.T) {
	hybrid, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	dir := runsDir(t)
	_, err = Create(Options{Dir: dir, Now: moment, Recipients: []age.Recipient{hybrid.Recipient(), identity(t).Recipient()}})
	require.Error(t, err)
	require.NoDirExists(t, dir)
	create(t, dir, hybrid.Recipient())
}
