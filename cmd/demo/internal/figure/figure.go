// Package figure draws sheets: axes with lines and bars, text, boxes. It knows nothing of what they
// are about.
package figure

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Write draws the figure and stores it as a PNG file.
func (f Figure) Write(path string) error { return f.Drawing().Write(path) }

// Drawing returns the figure as a drawing.
func (f Figure) Drawing() Drawing { return Drawing{Width: f.Width, Height: f.Height, Paint: f.draw} }

// Single returns the panels of a figure one by one, of a width that a telephone shows.
func (f Figure) Single() (out []Drawing) {
	for _, row := range f.Panels {
		for _, p := range row {
			d := Figure{Panels: [][]Panel{{p}}, Width: Narrow, Height: 4 * vg.Inch}.Drawing()
			d.Alt = p.alt()
			out = append(out, d)
		}
	}
	return out
}

// draw draws the panels in tiles whose data areas are aligned.
func (f Figure) draw(c draw.Canvas) error {
	plots := make([][]*plot.Plot, len(f.Panels))
	for i, row := range f.Panels {
		plots[i] = make([]*plot.Plot, len(row))
		for j, p := range row {
			var err error
			if plots[i][j], err = p.Plot(); err != nil {
				return err
			}
		}
	}
	header := headerHeight
	for _, row := range f.Panels {
		for _, p := range row {
			width := f.Width/vg.Length(len(row)) - axisWidth
			header = max(header, headerHeight+vg.Length(len(p.LegendRows(width))-1)*legendLine)
		}
	}
	tiles := draw.Tiles{
		Rows: len(f.Panels), Cols: len(f.Panels[0]),
		PadTop: SheetMargin + header, PadBottom: SheetMargin, PadLeft: SheetMargin, PadRight: SheetMargin,
		PadX: panelGap, PadY: panelGap + header,
	}
	canvases := plot.Align(plots, tiles, c)
	for i, row := range plots {
		for j, p := range row {
			p.Draw(canvases[i][j])
			f.Panels[i][j].drawHeader(c, p.DataCanvas(canvases[i][j]))
		}
	}
	return nil
}

// Plot makes the axes and lines of a panel.
func (p Panel) Plot() (*plot.Plot, error) {
	out := plot.New()
	out.X.Label.Text, out.Y.Label.Text = p.XLabel, p.YLabel
	for _, a := range []*plot.Axis{&out.X, &out.Y} {
		a.Padding = 0
		a.Width = vg.Points(0.8)
		a.Tick.Width = vg.Points(0.8)
		a.Tick.Length = vg.Points(5)
		a.Tick.Label.Font.Variant, a.Label.TextStyle.Font.Variant = fontVariant, fontVariant
		a.Tick.Label.Font.Size = FontText - 1
		a.Label.TextStyle.Font.Size = FontText
		a.Label.Padding = vg.Points(5)
	}
	out.Add(&plotter.Grid{Vertical: gridStyle, Horizontal: gridStyle})
	styles := p.Styles()
	for i, s := range p.Series {
		if err := s.addTo(out, styles[i]); err != nil {
			return nil, err
		}
	}
	p.scale(out)
	return out, nil
}

// addTo adds the line, and marks of its points when they are few.
func (s Series) addTo(p *plot.Plot, style draw.LineStyle) error {
	points := s.points()
	if len(points) == 0 {
		return nil
	}
	if s.Bar {
		return s.addBars(p, style)
	}
	if s.Ring {
		return addMarks(p, points, ringStyle)
	}
	if err := s.addDeviations(p, style); err != nil {
		return err
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.LineStyle = style
	p.Add(line)
	if len(points) > 1 && (s.Faint || len(points) > markersUpTo) {
		return nil
	}
	return addMarks(p, points, markOf(style))
}

// addMarks marks points.
func addMarks(p *plot.Plot, points plotter.XYs, style draw.GlyphStyle) error {
	marks, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	marks.GlyphStyle = style
	p.Add(marks)
	return nil
}
