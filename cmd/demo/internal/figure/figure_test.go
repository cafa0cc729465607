package figure

import (
	"image"
	"image/color"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"softloss/cmd/demo/internal/demotest"
)

func TestFigureOfHardData(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, s := range map[string]Series{
		"one point":     {X: []float64{1}, Y: []float64{5}},
		"constant":      {X: []float64{1, 2}, Y: []float64{0, 0}},
		"not finite":    {X: []float64{1, 2, 3, 4}, Y: []float64{1, nan, inf, 2}},
		"nothing":       {},
		"only NaN":      {X: []float64{1, 2}, Y: []float64{nan, nan}},
		"very large":    {X: []float64{1, 2}, Y: []float64{0, 1e30}},
		"very small":    {X: []float64{1, 2}, Y: []float64{1e-30, 2e-30}},
		"negative":      {X: []float64{1, 2}, Y: []float64{-3, -1}},
		"large, narrow": {X: []float64{1, 2}, Y: []float64{1e9, 1e9 + 1}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.png")
			s.Name = "data"
			f := Figure{Panels: [][]Panel{{{Title: name, XLabel: "x", YLabel: "y", IntegerX: true, Series: []Series{s}}}},
				Width: 5 * vg.Inch, Height: 4 * vg.Inch}
			require.NoError(t, f.Write(path))
			demotest.Picture(t, path, image.Pt(750, 600), color.Black)
		})
	}
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
			p := Panel{IntegerX: true, YMax: 100, Series: []Series{{X: xs, Y: ys}}}
			out, err := p.Plot()
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
		p := Panel{IntegerX: true, Series: []Series{{X: []float64{1, last}, Y: []float64{0, 1}}}}
		out, err := p.Plot()
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
		p := Panel{XTicks: tc.xs, Series: []Series{{X: tc.xs[:1], Y: []float64{90}}}}
		out, err := p.Plot()
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
		p := Panel{XTicks: []float64{0.4}, YMax: 100, YSpan: 1, Series: []Series{{X: []float64{0.4}, Y: []float64{y}}}}
		out, err := p.Plot()
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
	p := Panel{Series: []Series{{Name: "none"}, {Name: "some", X: []float64{1}, Y: []float64{1}},
		{Name: "not finite", X: []float64{1}, Y: []float64{math.NaN()}}}}
	assert.Equal(t, [][]int{{1}}, p.LegendRows(Narrow))
}

func TestPaleBarsHaveTheColourBefore(t *testing.T) {
	p := Panel{Series: []Series{{Bar: true}, {Bar: true, Pale: true}, {Faint: true}, {}}}
	styles := p.Styles()
	assert.Equal(t, styles[0], styles[1])
	assert.Equal(t, FaintStyle, styles[2])
	assert.Equal(t, LineStyles[1], styles[3])
	assert.NotEqual(t, p.Series[0].barColour(styles[0]), p.Series[1].barColour(styles[1]))
}

func TestLegendRows(t *testing.T) {
	point := func(name string) Series { return Series{Name: name, X: []float64{1}, Y: []float64{1}} }
	p := Panel{Legend: "row", Series: []Series{point("one"), point("two"), point(""), point("three")}}
	assert.Equal(t, [][]int{{0, 1, 3}}, p.LegendRows(Narrow))
	assert.Equal(t, [][]int{{0}, {1}, {3}}, p.LegendRows(110))
}
