package runlog

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

func TestOpenWhatIsNoRun(t *testing.T) {
	dir := runsDir(t)
	r := create(t, dir)
	for path, want := range map[string]string{
		filepath.Join(dir, "none"):          "it is not there",
		filepath.Join(r.Dir(), outcomeName): "it is a file",
		dir:                                 "there is no outcome.jsonl in it",
		filepath.Join(r.Dir(), outcomeName, "below"): "",
	} {
		_, err := Open(path)
		require.ErrorContains(t, err, path+": ")
		require.ErrorContains(t, err, want)
		if want != "" {
			require.ErrorIs(t, err, ErrNotRun)
		}
	}
}

// damaged is a run's folder with that log of outcomes.
func damaged(t testing.TB, name, text string, ids ...age.Identity) *Folder {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	f, err := Open(dir, ids...)
	require.NoError(t, err)
	return f
}

func TestTorn(t *testing.T) {
	for text, want := range map[string]int{"1\n2\n{\"a\":": 2, "1\n2\n3": 2, "1": 0} {
		lines, errs := all(damaged(t, outcomeName, text))
		require.Len(t, lines, want)
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], ErrTorn)
	}
	lines, errs := all(damaged(t, outcomeName, ""))
	require.Empty(t, lines)
	require.Empty(t, errs)
}

func TestDamagedLines(t *testing.T) {
	long := strings.Repeat("x", maxLine+1)
	f := damaged(t, outcomeName, "1\n{\n\n2\n\x00\n"+long+"\n\""+long[:maxLine-2]+"\"\n3\n"+long)
	lines, errs := all(f)
	require.Len(t, lines, 4)
	require.Len(t, lines[2], maxLine, "the longest line that may be")
	require.Equal(t, "3", lines[3])
	require.Len(t, errs, 4)
	for i, want := range []string{":2: it is not a whole", ":5: it is not a whole", ":6: it is longer", ":9: the last line is cut off"} {
		require.ErrorContains(t, errs[i], outcomeName+want)
	}
	require.ErrorIs(t, errs[3], ErrTorn)

	// Whoever has seen enough stops, and may begin again.
	for range 2 {
		for line, err := range f.Outcomes() {
			require.NoError(t, err)
			require.Equal(t, "1", string(line))
			break
		}
	}
}

// Huge files cost nothing to refuse. Theirs is a hole in the disk.
func TestBoundedMemory(t *testing.T) {
	id := identity(t)
	for _, c := range []struct {
		suffix string
		ids    []age.Identity
	}{{"", nil}, {sealedSuffix, []age.Identity{id}}} {
		f := damaged(t, outcomeName+c.suffix, "", c.ids...)
		require.NoError(t, os.Truncate(filepath.Join(f.dir, outcomeName+c.suffix), 200<<20))
		before := filepath.Join(f.dir, "before.yaml"+c.suffix)
		require.NoError(t, os.WriteFile(before, nil, 0o600))
		require.NoError(t, os.Truncate(before, 1<<40))

		var start, end runtime.MemStats
		runtime.ReadMemStats(&start)
		lines, errs := all(f)
		_, err := f.Read("before.yaml")
		runtime.ReadMemStats(&end)
		require.Empty(t, lines)
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], ErrTorn)
		require.ErrorContains(t, err, "more than a record holds")
		require.Less(t, end.TotalAlloc-start.TotalAlloc, uint64(100<<20))
	}
}

func FuzzOpenOutcomes(f *testing.F) {
	// The example key of age itself: with a new one each time, what the fuzzer has
	// found would open no more.
	id, err := age.ParseX25519Identity("AGE-SECRET-KEY-184JMZMVQH3E6U0PSL869004Y3U2NYV7R30EU99CSEDNPH02YUVFSZW44VU")
	require.NoError(f, err)
	line, err := sealLine([]age.Recipient{id.Recipient()}, []byte(`{"a":1}`))
	require.NoError(f, err)
	whole, err := seal([]age.Recipient{id.Recipient()}, []byte("a: 1\n"))
	require.NoError(f, err)
	f.Add([]byte("{\"a\":1}\n\"x\"\n"), []byte("a: 1\n"), false)
	f.Add([]byte("{\"a\":1}\n\n{\n\x00"), []byte{}, false)
	f.Add(append(line, '\n'), whole, true)
	f.Add(append(line, line...), whole[:len(whole)-1], true)
	f.Fuzz(func(t *testing.T, log, file []byte, sealed bool) {
		dir, suffix := t.TempDir(), ""
		if sealed {
			suffix = sealedSuffix
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, outcomeName+suffix), log, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "before.yaml"+suffix), file, 0o600))
		folder, err := Open(dir, id)
		require.NoError(t, err)

		lines, errs := all(folder)
		size := 0
		for _, line := range lines {
			size += len(line) + 1
			require.NotContains(t, line, "\n")
		}
		require.LessOrEqual(t, size, len(log))
		for i, err := range errs {
			require.ErrorContains(t, err, dir)
			if i < len(errs)-1 {
				require.NotErrorIs(t, err, ErrTorn)
			}
		}
		if len(log) > 0 && log[len(log)-1] != '\n' {
			require.NotEmpty(t, errs)
			require.ErrorIs(t, errs[len(errs)-1], ErrTorn)
		}
		data, err := folder.Read("before.yaml")
		switch {
		case err != nil:
			require.True(t, sealed)
		case sealed:
			require.Less(t, len(data), len(file))
		default:
			require.Equal(t, string(file), string(data))
		}
	})
}

// What Outcome takes, Outcomes gives back, whatever is in it.
func FuzzOutcome(f *testing.F) {
	f.Add("a\n\u2028\x00\xff</script>", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		r, err := Create(Options{Dir: t.TempDir(), Now: moment})
		require.NoError(t, err)
		require.NoError(t, r.Outcome(a))
		require.NoError(t, r.Outcome(map[string]string{a: b}))
		require.NoError(t, r.Close())
		folder, err := Open(r.Dir())
		require.NoError(t, err)
		lines, errs := all(folder)
		require.Empty(t, errs)
		require.Len(t, lines, 2)
	})
}
