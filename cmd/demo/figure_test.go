package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// checkPicture reads a picture and wants it to be of a size, to show lines of the given colours, and to end
// nowhere at the edge of the sheet.
func checkPicture(t *testing.T, path string, size image.Point, colours ...color.Color) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(text))
	require.NoError(t, err)
	bounds := img.Bounds()
	assert.Equal(t, size, bounds.Size())
	const edge, dots = 6, 200
	found, cut := map[color.Color]int{}, 0
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := color.RGBAModel.Convert(img.At(x, y))
			found[c]++
			inside := image.Pt(x, y).In(bounds.Inset(edge))
			if !inside && c != (color.RGBA{R: 255, G: 255, B: 255, A: 255}) {
				cut++
			}
		}
	}
	assert.Zero(t, cut, "dots drawn within %d of the edge", edge)
	for _, c := range colours {
		assert.Greater(t, found[color.RGBAModel.Convert(c)], dots, "dots of colour %v", c)
	}
}

func TestFigureOfHardData(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, s := range map[string]series{
		"one point":     {xs: []float64{1}, ys: []float64{5}},
		"constant":      {xs: []float64{1, 2}, ys: []float64{0, 0}},
		"not finite":    {xs: []float64{1, 2, 3, 4}, ys: []float64{1, nan, inf, 2}},
		"nothing":       {},
		"only NaN":      {xs: []float64{1, 2}, ys: []float64{nan, nan}},
		"very large":    {xs: []float64{1, 2}, ys: []float64{0, 1e30}},
		"very small":    {xs: []float64{1, 2}, ys: []float64{1e-30, 2e-30}},
		"negative":      {xs: []float64{1, 2}, ys: []float64{-3, -1}},
		"large, narrow": {xs: []float64{1, 2}, ys: []float64{1e9, 1e9 + 1}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.png")
			s.name = "data"
			f := figure{panels: [][]panel{{{title: name, xLabel: "x", yLabel: "y", integerX: true, series: []series{s}}}}, width: 5 * vg.Inch, height: 4 * vg.Inch}
			require.NoError(t, f.write(path))
			checkPicture(t, path, image.Pt(750, 600), color.Black)
		})
	}
}

func TestFigureCannotBeWritten(t *testing.T) {
	f, err := lossByAlpha()
	require.NoError(t, err)
	assert.ErrorIs(t, f.write(filepath.Join(t.TempDir(), "no", "x.png")), os.ErrNotExist)
}

func TestNiceStep(t *testing.T) {
	for _, tc := range []struct {
		span float64
		want float64
	}{{1, 0.2}, {6, 1}, {4.4, 1}, {13, 5}, {29, 5}, {100, 20}, {0.0031, 0.001}, {6e9, 1e9}} {
		assert.InDelta(t, tc.want, niceStep(tc.span, 6), tc.want*1e-12, "span %v", tc.span)
	}
	assert.Positive(t, niceStep(0, 6))
}

func TestTicks(t *testing.T) {
	labels := func(ts []plot.Tick) (out []string) {
		for _, t := range ts {
			out = append(out, t.Label)
		}
		return out
	}
	assert.Equal(t, []string{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}, labels(ticks(0, 1, 0.2)))
	assert.Equal(t, []string{"5", "10", "15"}, labels(ticks(1, 15, 5)))
	assert.Equal(t, []string{"-1", "0", "1"}, labels(ticks(-1, 1, 1)), "no negative zero")
	assert.Equal(t, []string{"0.98", "1.00"}, labels(ticks(0.97, 1.001, 0.02)))
}

// Every tick lies on the axis, all data too, and there are enough ticks to read a value.
func TestScaleHoldsTheData(t *testing.T) {
	for _, ys := range [][]float64{{0.5, 1.7}, {82.2, 97.2}, {99.4, 100}, {0, 100}, {33, 34}, {1e-4, 2e-4}, {-2, 5}} {
		for _, xs := range [][]float64{{1, 2}, {1, 3}, {1, 30}, {1, 1000}} {
			p := panel{integerX: true, yMax: 100, series: []series{{xs: xs, ys: ys}}}
			out, err := p.plot()
			require.NoError(t, err)
			assert.LessOrEqual(t, out.Y.Min, ys[0])
			assert.GreaterOrEqual(t, out.Y.Max, ys[1])
			assert.LessOrEqual(t, out.Y.Max, max(101, 2*ys[1]))
			assert.GreaterOrEqual(t, out.X.Max, xs[1])
			for axis, a := range map[string]plot.Axis{"x": out.X, "y": out.Y} {
				marks := a.Tick.Marker.Ticks(a.Min, a.Max)
				assert.GreaterOrEqual(t, len(marks), 2, "%s of %v %v", axis, xs, ys)
				assert.LessOrEqual(t, len(marks), 11, "%s of %v %v", axis, xs, ys)
				seen := map[string]bool{}
				for _, m := range marks {
					assert.False(t, seen[m.Label], "%s twice", m.Label)
					seen[m.Label] = true
					assert.GreaterOrEqual(t, m.Value, a.Min-1e-9)
					assert.LessOrEqual(t, m.Value, a.Max+1e-9)
				}
			}
		}
	}
}

// The axis of epochs ends with the last one.
func TestEpochsEndTheAxis(t *testing.T) {
	for _, last := range []float64{2, 13, 101, 999} {
		p := panel{integerX: true, series: []series{{xs: []float64{1, last}, ys: []float64{0, 1}}}}
		out, err := p.plot()
		require.NoError(t, err)
		assert.InDelta(t, last, out.X.Max, 0)
	}
}

func TestTicksAtGivenValues(t *testing.T) {
	for _, tc := range []struct {
		xs   []float64
		want []string
	}{
		{[]float64{0.2}, []string{"0.2"}},
		{[]float64{0, 0.2, 0.4}, []string{"0", "0.2", "0.4"}},
		{[]float64{0, 0.01, 0.125, 0.5}, []string{"0", "", "0.125", "0.5"}},
	} {
		p := panel{xTicks: tc.xs, series: []series{{xs: tc.xs[:1], ys: []float64{90}}}}
		out, err := p.plot()
		require.NoError(t, err)
		var labels []string
		for i, m := range out.X.Tick.Marker.Ticks(out.X.Min, out.X.Max) {
			labels = append(labels, m.Label)
			assert.InDelta(t, tc.xs[i], m.Value, 0)
		}
		assert.Equal(t, tc.want, labels)
		assert.Less(t, out.X.Min, tc.xs[0])
		assert.Greater(t, out.X.Max, tc.xs[len(tc.xs)-1])
	}
}

// One value has an axis all the same, of a sensible span and with short numbers.
func TestAxisOfOneValue(t *testing.T) {
	for _, y := range []float64{0, 0.5, 82.0333, 99.99, 100} {
		p := panel{xTicks: []float64{0.4}, yMax: 100, ySpan: leastSpan, series: []series{{xs: []float64{0.4}, ys: []float64{y}}}}
		out, err := p.plot()
		require.NoError(t, err)
		assert.GreaterOrEqual(t, out.Y.Max-out.Y.Min, 0.99)
		assert.LessOrEqual(t, out.Y.Min, y)
		assert.GreaterOrEqual(t, out.Y.Max, y)
		assert.LessOrEqual(t, out.Y.Max, 101.0)
		assert.GreaterOrEqual(t, out.Y.Min, 0.0)
		marks := out.Y.Tick.Marker.Ticks(out.Y.Min, out.Y.Max)
		assert.GreaterOrEqual(t, len(marks), 3)
		for _, m := range marks {
			assert.Regexp(t, `^\d+(\.\d{1,2})?$`, m.Label, "value %v", y)
		}
	}
}

func TestLegendOfPointsOnly(t *testing.T) {
	p := panel{series: []series{{name: "none"}, {name: "some", xs: []float64{1}, ys: []float64{1}}, {name: "not finite", xs: []float64{1}, ys: []float64{math.NaN()}}}}
	assert.Equal(t, [][]int{{1}}, p.legendRows(narrow))
}

func TestPaleBarsHaveTheColourBefore(t *testing.T) {
	p := panel{series: []series{{bar: true}, {bar: true, pale: true}, {faint: true}, {}}}
	styles := p.styles()
	assert.Equal(t, styles[0], styles[1])
	assert.Equal(t, faintStyle, styles[2])
	assert.Equal(t, lineStyles[1], styles[3])
	assert.NotEqual(t, p.series[0].barColour(styles[0]), p.series[1].barColour(styles[1]))
}
