package render

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// figure is two spreads with its places, in the units of its drawing: a row for
// each part of ten percent, in it two bars, before and after, and behind each
// bar its count, which so has room for any number.
type figure struct {
	spreads
	What, Of, Then string // which grades, of which line item, and what After is
	Label          string
	Wide, High     int
	Left, Gutter   int // where bars begin, and names of rows end
	Rows           []figureRow
	Bars           []bar
}

// figureRow is a part of ten percent.
type figureRow struct {
	Part, Short   string
	Y             string
	Before, After int
}

// bar is one count; those of nothing are left out.
type bar struct {
	When                    string // before or after
	Bin, Count              int
	Label                   string
	Y, W, H, CountX, CountY string
}

// draw lays spreads out.
func draw(f figure) figure {
	const wide, left, right, top = 360, 46, 308, 4 // behind right is room for seven digits
	const thick, row = 11.0, 28.0
	f.Wide, f.High, f.Left, f.Gutter = wide, top+row*binCount, left, left-6
	f.Label = fmt.Sprintf("%s: %s, in parts of ten percent: %d before, %d %s", f.Of, f.What, f.Before.With, f.After.With, f.Then)
	most := 1
	for i := range binCount {
		most = max(most, f.Before.Bins[i], f.After.Bins[i])
	}
	for i := range binCount {
		y := top + row*float64(i)
		f.Rows = append(f.Rows, figureRow{partName(i), shortPart(i), unit(y + thick + 4), f.Before.Bins[i], f.After.Bins[i]})
		for k, one := range []struct {
			when, words string
			n           int
		}{{"before", "before", f.Before.Bins[i]}, {"after", f.Then, f.After.Bins[i]}} {
			if one.n == 0 {
				continue
			}
			w := math.Max(1, float64(right-left)*float64(one.n)/float64(most))
			at := y + float64(k)*thick
			f.Bars = append(f.Bars, bar{
				When: one.when, Bin: i, Count: one.n, Label: fmt.Sprintf("%s, %s: %d", partName(i), one.words, one.n),
				Y: unit(at + 1), W: unit(w), H: unit(thick - 2), CountX: unit(left + w + 4), CountY: unit(at + thick - 2),
			})
		}
	}
	return f
}

// shortPart is a part's name in a drawing, as 80–90.
func shortPart(i int) string {
	if i == binCount-1 {
		return "90+"
	}
	return strings.TrimSuffix(partName(i), " %")
}

func unit(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }
