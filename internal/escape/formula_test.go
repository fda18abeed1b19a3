package escape

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFormula(t *testing.T) {
	for _, cell := range []string{"=1", "+49", "-1", "@SUM(A1)", " =1", `"=1"`, ` " -x`, "＝1", "＋", "－", "＠x"} {
		require.True(t, Formula(cell), "%q", cell)
	}
	for _, cell := range []string{"", " ", "a=1", "1+1", "'=1", "\u00a0=1", "\xff=1", "x@example.edu", "\ufffd"} {
		require.False(t, Formula(cell), "%q", cell)
	}
}
