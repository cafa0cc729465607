package figure

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
)

// scale sets the ranges and ticks of both axes.
func (p Panel) scale(out *plot.Plot) {
	if math.IsInf(out.X.Min, 0) || math.IsInf(out.Y.Min, 0) { // nothing that can be drawn
		out.X.Min, out.X.Max, out.Y.Min, out.Y.Max = 0, 1, 0, 1
	}
	p.scaleX(&out.X)
	p.scaleY(&out.Y)
}

func (p Panel) scaleX(x *plot.Axis) {
	step := p.XStep
	if step == 0 {
		step = niceStep(x.Max-x.Min, ticksWanted+2)
	}
	if p.IntegerX {
		step = max(1, math.Ceil(step))
	}
	var marks []plot.Tick
	switch {
	case p.Names != nil:
		x.Min, x.Max = -0.5, float64(len(p.Names))-0.5
		for i, name := range p.Names {
			marks = append(marks, plot.Tick{Value: float64(i), Label: name})
		}
	case p.XTicks != nil:
		x.Min, x.Max = min(x.Min, slices.Min(p.XTicks)), max(x.Max, slices.Max(p.XTicks))
		room := axisHeadroom * (x.Max - x.Min)
		if x.Max-x.Min < smallestRange {
			room = singleTickRoom
		}
		x.Min, x.Max = x.Min-room, x.Max+room
		marks = namedTicks(p.XTicks, x.Max-x.Min)
	case p.XUnit:
		x.Min, x.Max = 0, 1
		marks = ticks(0, 1, step)
	default:
		if x.Max-x.Min < smallestRange {
			x.Min, x.Max = x.Min-step/2, x.Max+step/2
		} else if !p.IntegerX { // epochs end with the last one
			x.Max = step * math.Ceil(x.Max/step-1e-9)
		}
		marks = ticks(x.Min, x.Max, step)
		if p.IntegerX && marks[0].Value > x.Min { // the first epoch has a name too
			marks = append(ticks(x.Min, x.Min, 1), marks...)
		}
	}
	x.Tick.Marker = plot.ConstantTicks(marks)
}

func (p Panel) scaleY(y *plot.Axis) {
	least := p.YSpan
	if y.Max-y.Min < smallestRange*max(1, math.Abs(y.Max)) { // one value, which has no scale of its own
		least = max(least, 0.1*math.Abs(y.Max))
	}
	if lack := least - (y.Max - y.Min); lack > 0 {
		low, high := y.Min-lack/2, y.Max+lack/2
		if y.Min >= 0 && low < 0 {
			low, high = 0, high-low
		}
		if p.YMax != 0 && y.Max <= p.YMax && high > p.YMax {
			low, high = low-(high-p.YMax), p.YMax
		}
		y.Min, y.Max = low, high
	}
	room := axisHeadroom * max(y.Max-y.Min, smallestRange)
	step := niceStep(y.Max-y.Min+2*room, ticksWanted)
	lo, hi := step*math.Floor((y.Min-room)/step), step*math.Ceil((y.Max+room)/step)
	if y.Min >= 0 && lo < 0 {
		lo = 0
	}
	if p.YMin != nil {
		lo = *p.YMin
	}
	if p.YMax != 0 && y.Max <= p.YMax && hi > p.YMax {
		hi = p.YMax + (hi-lo)*0.01 // leave the width of a line
	}
	y.Min, y.Max = lo, hi
	y.Tick.Marker = plot.ConstantTicks(ticks(lo, hi, step))
}

// Sizes of an axis that has ticks at given values.
const (
	singleTickRoom = 0.05 // beside a tick that is alone
	nearTicks      = 0.07 // part of the axis: of two ticks that are nearer, one has no name
)

// namedTicks returns ticks at values in rising order.
func namedTicks(values []float64, span float64) (out []plot.Tick) {
	last := math.Inf(-1)
	for _, v := range values {
		t := plot.Tick{Value: v}
		if v-last >= nearTicks*span {
			t.Label, last = strconv.FormatFloat(v, 'g', 3, 64), v
		}
		out = append(out, t)
	}
	return out
}

// niceStep returns 1, 2 or 5 times a power of ten, about want of which make up the span.
func niceStep(span float64, want int) float64 {
	raw := max(span, smallestRange) / float64(want)
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*unit*1.000001 {
			return m * unit
		}
	}
	return 10 * unit
}

// ticks returns the multiples of step from lo to hi, with as many decimals as step has.
func ticks(lo, hi, step float64) []plot.Tick {
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var out []plot.Tick
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi+step*1e-9; i++ {
		value := i*step + 0 // no negative zero
		out = append(out, plot.Tick{Value: value, Label: strconv.FormatFloat(value, 'f', decimals, 64)})
	}
	return out
}
