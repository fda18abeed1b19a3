package sandbox

import (
	"math"
	"math/big"
	"net/http"
	"strconv"
)

// rescale turns points on one scale into points on another, rounded half up to
// five decimals. It reckons in decimals, as people would by hand: 0.000005 is
// half a unit, though its binary float lies beside it. Points on the same scale
// stay as they are.
func rescale(points, from, to float64) (float64, error) {
	if from == to {
		return points, nil
	}
	x := decimal(points)
	x.Mul(x, decimal(to))
	x.Quo(x, decimal(from))
	return fiveDecimals(x)
}

// fiveDecimals rounds half up: floor(x * 10^5 + 1/2) / 10^5. It uses x up.
func fiveDecimals(x *big.Rat) (float64, error) {
	x.Mul(x, big.NewRat(100_000, 1))
	x.Add(x, big.NewRat(1, 2))
	units := new(big.Int).Div(x.Num(), x.Denom())
	scaled, _ := new(big.Rat).SetFrac(units, big.NewInt(100_000)).Float64()
	if math.IsInf(scaled, 0) {
		return 0, refuse(http.StatusBadRequest, "the score is too large for the line item's scale")
	}
	return scaled, nil
}

// decimal is the shortest decimal that reads as the finite float f.
func decimal(f float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	return r
}
