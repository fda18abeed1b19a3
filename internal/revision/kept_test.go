package revision

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeep(t *testing.T) {
	dir := empty(t)
	commitAll(t, dir, "one")
	r := open(t, dir)
	data, err := r.Kept(t.Context(), "bio 101")
	require.NoError(t, err)
	require.Nil(t, data)
	for _, text := range []string{"one\r\n", "two\x00"} {
		require.NoError(t, r.Keep(t.Context(), "bio 101", []byte(text)))
		data, err = r.Kept(t.Context(), "bio 101")
		require.NoError(t, err)
		require.Equal(t, text, string(data), "the very bytes")
	}
	other, err := r.Kept(t.Context(), "bio")
	require.NoError(t, err)
	require.Nil(t, other)
}
