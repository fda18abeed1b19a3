package run

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestReadSteps(t *testing.T) {
	at, was := strings.Repeat("a1", 20), strings.Repeat("b2", 32)
	got, err := readSteps([]byte(`[{"gradebook":"bio","at":"` + at + `","was":"` + was + `","note":"e30="},{"gradebook":"chem","at":"` + at + `"}]`))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]step{{"bio", at, was, []byte("{}")}, {"chem", at, "", nil}}, got))
	for name, text := range map[string]string{
		"no JSON": "{", "no list": "{}", "no commit": `[{"gradebook":"bio"}]`, "an option": `[{"at":"--all"}]`,
		"a word": `[{"at":"` + at + `","was":"HEAD"}]`, "upper case": `[{"at":"` + strings.ToUpper(at) + `"}]`,
	} {
		_, err := readSteps([]byte(text))
		require.Error(t, err, name)
	}
}

func FuzzReadSteps(f *testing.F) {
	f.Add([]byte(`[{"gradebook":"bio","at":"` + strings.Repeat("a1", 20) + `"}]`))
	f.Add([]byte(`[{"at":"HEAD"}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		steps, err := readSteps(text)
		for _, st := range steps {
			require.True(t, err == nil && commit(st.At) && (st.Was == "" || commit(st.Was)))
		}
	})
}
