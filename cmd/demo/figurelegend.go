package main

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	plottext "gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// styles are the lines of the series.
func (p panel) styles() []draw.LineStyle {
	out, next := make([]draw.LineStyle, len(p.series)), 0
	for i, s := range p.series {
		switch {
		case s.pale && i > 0:
			out[i] = out[i-1]
		case s.faint || s.ring:
			out[i] = faintStyle
		default:
			next = max(next, s.colour)
			out[i] = lineStyles[next%len(lineStyles)]
			next++
		}
	}
	return out
}

// textStyle is text of a size that begins at a point and stands on it.
func textStyle(size vg.Length) plottext.Style {
	style := plot.New().Title.TextStyle
	style.Font.Variant, style.Font.Size = fontVariant, size
	style.XAlign, style.YAlign = draw.XLeft, draw.YBottom
	return style
}

// legendRows deals the series out to lines of the legend that are not wider than width, where that is possible.
func (p panel) legendRows(width vg.Length) [][]int {
	style := textStyle(fontText)
	rows, at := [][]int{nil}, vg.Length(0)
	if p.legend != "" {
		at = style.Width(p.legend) + legendGap/2
	}
	for i, s := range p.series {
		if s.name == "" || p.names != nil || len(s.points()) == 0 {
			continue
		}
		need := style.Width(s.name) + legendGap + legendSample + 5
		if at += need; at-legendGap > width && at > need {
			rows, at = append(rows, nil), need
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], i)
	}
	return rows
}

// drawHeader draws title and legend above the data area, from its left edge.
func (p panel) drawHeader(c, data draw.Canvas) {
	rows := p.legendRows(data.Max.X - data.Min.X)
	at := vg.Point{X: data.Min.X, Y: data.Max.Y + 9 + vg.Length(len(rows)-1)*legendLine}
	title := at
	if title.Y += 19; len(rows) == 1 && len(rows[0]) == 0 {
		title.Y = at.Y
	}
	c.FillText(textStyle(fontTitle), title, p.title)
	style, lines := textStyle(fontText), p.styles()
	if p.legend != "" {
		c.FillText(style, at, p.legend)
		at.X += style.Width(p.legend) + legendGap/2
	}
	for _, row := range rows {
		for _, i := range row {
			at.X = p.series[i].drawSample(c, at, lines[i])
		}
		at = vg.Point{X: data.Min.X, Y: at.Y - legendLine}
	}
}

// drawSample draws the line and the name of a series and returns where the next one begins.
func (s series) drawSample(c draw.Canvas, at vg.Point, line draw.LineStyle) vg.Length {
	style := textStyle(fontText)
	mid := at.Y + style.Height("x")/2 - 1.2 // the height has room for what hangs below the line
	switch {
	case s.bar:
		c.FillPolygon(s.barColour(line), []vg.Point{{X: at.X, Y: mid - 4}, {X: at.X + 10, Y: mid - 4}, {X: at.X + 10, Y: mid + 4}, {X: at.X, Y: mid + 4}})
		at.X += 10
	case s.ring:
		c.DrawGlyph(ringStyle, vg.Point{X: at.X + ringStyle.Radius, Y: mid})
		at.X += 2 * ringStyle.Radius
	case len(s.xs) > 1:
		c.StrokeLine2(line, at.X, mid, at.X+legendSample, mid)
		at.X += legendSample
	default:
		mark := markOf(line)
		c.DrawGlyph(mark, vg.Point{X: at.X + mark.Radius, Y: mid})
		at.X += 2 * mark.Radius
	}
	at.X += 5
	c.FillText(style, at, s.name)
	return at.X + style.Width(s.name) + legendGap
}

// deviations are points with bars of deviation.
type deviations struct {
	plotter.XYs
	plotter.YErrors
}

// addDeviations adds the bars of deviation.
func (s series) addDeviations(p *plot.Plot, style draw.LineStyle) error {
	if s.errs == nil {
		return nil
	}
	var d deviations
	for i, e := range s.errs {
		if math.IsNaN(e) {
			continue
		}
		d.XYs = append(d.XYs, plotter.XY{X: s.xs[i], Y: s.ys[i]})
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

// barColour is light enough for lines to be seen on it.
func barColour(line draw.LineStyle) color.Color { return series{}.barColour(line) }

func (s series) barColour(line draw.LineStyle) color.Color {
	c, _ := line.Color.(color.RGBA)
	if s.pale {
		return shade(c, 0.25)
	}
	return shade(c, 0.6)
}

// addBars adds bars from 0 with their deviation.
func (s series) addBars(p *plot.Plot, style draw.LineStyle) error {
	width := s.width
	if width == 0 {
		width = 0.6
	}
	for i, x := range s.xs {
		y := max(s.ys[i], s.stub)
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
	style.Color = black
	return s.addDeviations(p, style)
}
