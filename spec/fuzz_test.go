package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// FuzzLoad wants no panic, errors that are harmless to a terminal, and
// documents that Encode writes back as they are.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/ok/*.yaml", "testdata/err/*.yaml", "testdata/err/*/*.y*ml"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(f, err)
			if len(text) < 4<<10 && !strings.Contains(path, "bomb") {
				f.Add(text)
			}
		}
	}
	for _, s := range hostile {
		f.Add([]byte(gradebook + "lineItems: [{label: a, scoreMaximum: 1, tag: " + s + "}]\n" + sandbox))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		docs, err := Load(Bytes("fuzz.yaml", text).Beside(os.DirFS("testdata/ok")))
		if err != nil {
			for _, r := range err.Error() {
				require.True(t, r == '\n' || r == '\t' || unicode.IsPrint(r), "%U in a message", r)
			}
			return
		}
		roundtrip(t, docs)
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "92.50", "1e5", "-0", "0.000001", "123456789012345", "1e-320", "9e999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := plain(s)
		v, p := number(n, jsonNumber.MatchString)
		if p != nil {
			return
		}
		back := numeral(v, true)
		again, p := number(back, jsonNumber.MatchString)
		require.Nil(t, p, "%q became %q", s, back.Value)
		require.Equal(t, v, again, "%q became %q", s, back.Value)
		require.Equal(t, digitsThatCount(s), digitsThatCount(back.Value), "%q became %q", s, back.Value)
	})
}

func BenchmarkLoad(b *testing.B) {
	var text strings.Builder
	text.WriteString(gradebook + "lineItems:\n  - label: Homework 1\n    scoreMaximum: 100\n    scores:\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "      - {userId: s-%04d, scoreGiven: %d.5, comment: \"Nice: work\"}\n", i, i%100)
	}
	text.WriteString(sandbox)
	b.ReportAllocs()
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		docs, err := Load(Bytes("bench.yaml", []byte(text.String())))
		if err != nil || len(docs.Gradebooks[0].LineItems[0].Scores) != 1000 {
			b.Fatal(err)
		}
	}
}

// digitsThatCount are a number's digits without the zeros that only shift it.
func digitsThatCount(s string) string {
	s, _, _ = strings.Cut(strings.ToLower(strings.TrimLeft(s, "+-")), "e")
	return strings.Trim(strings.Replace(s, ".", "", 1), "0")
}

func TestSignificant(t *testing.T) {
	for _, s := range []string{"", "0", "0.0", "00", "1", "10", "0.1", "100.001", "0.0010", "-12.30e45", "+1E5", "1e10", "0e0", "90071992547409.93", "010.010"} {
		require.Equal(t, len(digitsThatCount(s)), significant(s), s)
	}
}
