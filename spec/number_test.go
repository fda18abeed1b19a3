package spec

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// plainNumber is this grammar.
func TestPlainNumber(t *testing.T) {
	grammar := regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	letters := []byte("0159.-e,")
	var try func(s string)
	n := 0
	try = func(s string) {
		require.Equal(t, grammar.MatchString(s), plainNumber(s), s)
		n++
		for _, c := range letters {
			if len(s) < 5 {
				try(s + string(c))
			}
		}
	}
	try("")
	require.Equal(t, 1+8+64+512+4096+32768, n)
	require.False(t, plainNumber("1\n"))
	require.False(t, plainNumber("١"))
}
