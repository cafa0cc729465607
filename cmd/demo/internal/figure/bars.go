package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// deviations are points with bars of deviation.
type deviations struct {
	plotter.XYs
	plotter.YErrors
}

// addDeviations adds the bars of deviation.
func (s Series) addDeviations(p *plot.Plot, style draw.LineStyle) error {
	if s.Deviations == nil {
		return nil
	}
	var d deviations
	for i, e := range s.Deviations {
		if math.IsNaN(e) {
			continue
		}
		d.XYs = append(d.XYs, plotter.XY{X: s.X[i], Y: s.Y[i]})
		d.YErrors = append(d.YErrors, struct{ Low, High float64 }{e, e})
	}
	if len(d.XYs) == 0 {
		return nil
	}
	bars, err := plotter.NewYErrorBars(d)
	if err != nil {
		return err
	}
	bars.LineStyle = draw.LineStyle{Color: style.Color, Width: 1.2}
	p.Add(bars)
	return nil
}

// barColour is the colour of bars: so light that lines are seen on it.
func (s Series) barColour(line draw.LineStyle) color.Color {
	c, _ := line.Color.(color.RGBA)
	if s.Pale {
		return shade(c, 0.25)
	}
	return shade(c, 0.6)
}

// addBars adds bars from 0 with their deviation.
func (s Series) addBars(p *plot.Plot, style draw.LineStyle) error {
	width := s.Width
	if width == 0 {
		width = 0.6
	}
	for i, x := range s.X {
		y := max(s.Y[i], s.Stub)
		bar, err := plotter.NewPolygon(plotter.XYs{
			{X: x - width/2, Y: 0}, {X: x - width/2, Y: y}, {X: x + width/2, Y: y}, {X: x + width/2, Y: 0},
		})
		if err != nil {
			return err
		}
		bar.Color = s.barColour(style)
		bar.LineStyle.Width = 0
		p.Add(bar)
	}
	style.Color = Black
	return s.addDeviations(p, style)
}
