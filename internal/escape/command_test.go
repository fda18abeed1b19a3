package escape

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the runner makes of an encoded text is that text, and on its way it is one
// line in which nothing ends a property.
func FuzzCommand(f *testing.F) {
	f.Add("bio.yaml")
	f.Add("a,b::c%0A\r\n::stop-commands::y")
	f.Fuzz(func(t *testing.T, s string) {
		decoded := func(s string) string {
			return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(s)
		}
		require.NotContains(t, CommandProperty(s), ",")
		require.NotContains(t, CommandProperty(s), ":")
		for _, got := range []string{CommandData(s), CommandProperty(s)} {
			require.Equal(t, s, decoded(got))
			require.False(t, strings.ContainsAny(got, "\r\n"))
		}
	})
}
