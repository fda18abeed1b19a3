package learningstudio

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
)

// maxDecimals is to which a score is rounded that another scale makes endless:
// finer than any platform is known to keep.
const maxDecimals = 10

// scaled is given of maximum on a scale up to possible, as an exact decimal: the
// numbers count as they are written, and not as binary fractions come near them.
func scaled(given, maximum, possible float64) json.RawMessage {
	r := exact(given)
	if maximum > 0 && maximum != possible {
		r.Mul(r, exact(possible))
		r.Quo(r, exact(maximum))
	}
	s := r.FloatString(maxDecimals)
	return json.RawMessage(strings.TrimSuffix(strings.TrimRight(s, "0"), "."))
}

func exact(f float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'f', -1, 64))
	if !ok { // not a number, which the files cannot hold
		return new(big.Rat)
	}
	return r
}
