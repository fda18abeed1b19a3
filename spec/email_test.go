package spec

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestEmailKey(t *testing.T) {
	for _, same := range [][2]string{{"SAM@X.edu", " sam@x.EDU\u00a0"}, {"\u00c5sa@x", "\u00e5sa@x"}, {"\u212bsa@x", "\u00e5sa@x"}, {"\u03a3@x", "\u03c2@x"}, {"KATE@x", "kate@x"}} {
		require.Equal(t, EmailKey(same[0]), EmailKey(same[1]))
	}
	for _, other := range [][2]string{
		{"sam@x", "\u017fam@x"}, {"SAM@x", "\u017fam@x"}, {"kate@x", "\u212aate@x"}, {"KATE@x", "\u212aate@x"}, {"ida@x", "\u0130da@x"}, {"IDA@x", "\u0131da@x"},
		{"\u212a\u017f@x", "ks@x"}, {"ann@x", "\u0430nn@x"}, {"jose\u0301@x", "jos\u00e9@x"}, {"a@x", "a@x\u200b"},
	} {
		require.NotEqual(t, EmailKey(other[0]), EmailKey(other[1]))
	}
}

// Look-alikes are two people in a sheet and in a map.
func TestLookAlikesInSheets(t *testing.T) {
	tree := fstest.MapFS{"g.csv": {Data: []byte("Email,hw1\nkate@x.edu,1\n\u212aate@x.edu,2\nida@x.edu,3\n\u0130da@x.edu,4\n")}}
	docs, err := Load(Bytes("-", []byte(byEmail+matrixOf)).Beside(tree))
	require.NoError(t, err)
	require.Len(t, docs.Gradebooks[0].Contexts[0].Scores["hw1"], 4)
	tree["g.csv"].Data = []byte("Email,hw1\nkate@x.edu,1\nKATE@x.edu,2\n")
	_, err = Load(Bytes("-", []byte(byEmail+matrixOf)).Beside(tree))
	require.ErrorContains(t, err, `a score for the email "KATE@x.edu" is already at g.csv:2:1`)
}
