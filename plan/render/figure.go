package render

import (
	"fmt"
	"math"
	"strconv"
)

// figure is a chart with its places, in the units of its drawing.
type figure struct {
	chart
	Label                                                           string
	Wide, High, Left, Right, Top, Floor, Gutter, TopText, FloorText int
	Most                                                            int // what the top stands for
	Ticks                                                           []tick
	Bars                                                            []bar
	Table                                                           []tableRow
}

type tick struct {
	X, Y, Text string
}

// bar is one column; those of no height are left out.
type bar struct {
	When                  string // before or after
	Bin, Count            int
	Label                 string
	X, Y, W, H, Mid, Over string
}

type tableRow struct {
	Part          string
	Before, After int
}

// draw lays a chart out: for each part of ten percent two bars side by side,
// before and after.
func draw(key string, c chart) *figure {
	const wide, high, left, right, top, floor = 400, 142, 28, 398, 18, 120
	const step = float64(right-left) / binCount
	const width = step * 0.36
	f := &figure{
		chart: c, Wide: wide, High: high, Left: left, Right: right, Top: top, Floor: floor, Gutter: left - 5, TopText: top + 3, FloorText: floor + 3,
		Label: fmt.Sprintf("Grades of %s before and after, in parts of ten percent: %d before, %d after", key, c.Before.With, c.After.With),
		Most:  1,
	}
	for i := range binCount {
		f.Most = max(f.Most, c.Before.Bins[i], c.After.Bins[i])
	}
	for i := range binCount {
		f.Table = append(f.Table, tableRow{partName(i), c.Before.Bins[i], c.After.Bins[i]})
		x := left + step*float64(i)
		for k, one := range []struct {
			when string
			n    int
		}{{"before", c.Before.Bins[i]}, {"after", c.After.Bins[i]}} {
			if one.n == 0 {
				continue
			}
			h := math.Max(1, float64(floor-top)*float64(one.n)/float64(f.Most))
			at := x + step*0.1 + float64(k)*(width+step*0.08)
			f.Bars = append(f.Bars, bar{
				When: one.when, Bin: i, Count: one.n, Label: fmt.Sprintf("%s, %s: %d", partName(i), one.when, one.n),
				X: unit(at), Y: unit(floor - h), W: unit(width), H: unit(h), Mid: unit(at + width/2), Over: unit(floor - h - 3),
			})
		}
	}
	for i := range binCount + 1 {
		text := strconv.Itoa(i * 100 / binCount)
		if i == binCount {
			text = "100+"
		}
		f.Ticks = append(f.Ticks, tick{unit(math.Min(left+step*float64(i), right-9)), strconv.Itoa(floor + 13), text})
	}
	return f
}

func unit(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }
