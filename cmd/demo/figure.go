package main

import (
	"bytes"
	"image/color"
	"math"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// figure is a sheet of panels in rows of equal length, drawn on one canvas.
type figure struct {
	panels        [][]panel
	width, height vg.Length
}

// panel is one set of axes with its title and its legend, which stand above the
// data, so that no line can run beneath them.
type panel struct {
	title          string
	xLabel, yLabel string
	legend         string // heads the legend; "" for none
	series         []series
	xStep          float64   // distance of the ticks; 0 is chosen from the data
	xTicks         []float64 // ticks there and nowhere else; nil for all along the axis
	integerX       bool      // ticks at whole numbers only
	xUnit          bool      // from 0 to 1
	names          []string  // of the x values 0, 1, …; nil for numbers
	yMin           *float64  // where the axis begins; nil is chosen from the data
	yMax           float64   // data beyond are cut off, and the axis never goes on after it; 0 is no limit
	ySpan          float64   // the least that the axis spans
}

// series is one line of a panel.
type series struct {
	name   string
	xs     []float64
	ys     []float64 // values that are NaN or infinite are left out
	errs   []float64 // half lengths of the bars of deviation, NaN for none at a point; nil for none
	faint  bool      // a line to compare with, thin and grey
	colour int       // of [lineStyles], when it is above those of the series before
	ring   bool      // rings around its points and no line
	bar    bool      // bars from 0 instead of a line
	pale   bool      // bars in a paler shade of the colour of the series before
	width  float64   // of these bars, in units of x; 0 is 0.6
	stub   float64   // the least height of a bar that is there
}

// Sizes on the sheet.
const (
	dotsPerInch   = 150
	fontTitle     = 12
	fontText      = 11
	fontVariant   = "Sans"
	headerHeight  = vg.Length(44) // of title and legend above the data
	legendSample  = vg.Length(26) // length of the line beside a name
	legendGap     = vg.Length(16) // between two names
	legendLine    = vg.Length(16) // from one line of the legend to the next
	axisWidth     = vg.Length(95) // about what stands beside the data
	sheetMargin   = vg.Length(14)
	panelGap      = vg.Length(24)
	markersUpTo   = 12 // points of a line that are marked one by one
	ticksWanted   = 6
	axisHeadroom  = 0.04 // of the data's range, free above and below it
	smallestRange = 1e-9
)

// lineStyles tell lines apart by colour (Okabe and Ito's, safe for the colour-blind)
// and, on grey paper, by dashes.
var lineStyles = []draw.LineStyle{
	{Color: color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}, Width: 2},
	{Color: color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}, Width: 2, Dashes: []vg.Length{8, 4}},
	{Color: color.RGBA{R: 0x00, G: 0x9e, B: 0x73, A: 0xff}, Width: 2, Dashes: []vg.Length{2, 3}},
	{Color: color.RGBA{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff}, Width: 2, Dashes: []vg.Length{12, 3, 3, 3}},
	{Color: color.RGBA{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff}, Width: 2, Dashes: []vg.Length{5, 2}},
	{Color: color.RGBA{R: 0x56, G: 0xb4, B: 0xe9, A: 0xff}, Width: 2, Dashes: []vg.Length{14, 5}},
}

var (
	faintStyle = draw.LineStyle{Color: color.Gray{Y: 0x70}, Width: 1.2, Dashes: []vg.Length{10, 3, 2, 3}}
	gridStyle  = draw.LineStyle{Color: color.Gray{Y: 0xe2}, Width: 0.6}
)

// write draws the figure and stores it as a PNG file.
func (f figure) write(path string) error { return writePNG(path, f.width, f.height, f.draw) }

// drawPNG draws on a white sheet.
func drawPNG(width, height vg.Length, paint func(draw.Canvas) error) ([]byte, error) {
	img := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPerInch))
	if err := paint(draw.New(img)); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: img}.WriteTo(&b)
	return b.Bytes(), err
}

// writePNG stores what is drawn as a file.
func writePNG(path string, width, height vg.Length, paint func(draw.Canvas) error) error {
	content, err := drawPNG(width, height, paint)
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o666)
}

// draw draws the panels in tiles whose data areas are aligned.
func (f figure) draw(c draw.Canvas) error {
	plots := make([][]*plot.Plot, len(f.panels))
	for i, row := range f.panels {
		plots[i] = make([]*plot.Plot, len(row))
		for j, p := range row {
			var err error
			if plots[i][j], err = p.plot(); err != nil {
				return err
			}
		}
	}
	header := headerHeight
	for _, row := range f.panels {
		for _, p := range row {
			width := f.width/vg.Length(len(row)) - axisWidth
			header = max(header, headerHeight+vg.Length(len(p.legendRows(width))-1)*legendLine)
		}
	}
	tiles := draw.Tiles{
		Rows: len(f.panels), Cols: len(f.panels[0]),
		PadTop: sheetMargin + header, PadBottom: sheetMargin, PadLeft: sheetMargin, PadRight: sheetMargin,
		PadX: panelGap, PadY: panelGap + header,
	}
	canvases := plot.Align(plots, tiles, c)
	for i, row := range plots {
		for j, p := range row {
			p.Draw(canvases[i][j])
			f.panels[i][j].drawHeader(c, p.DataCanvas(canvases[i][j]))
		}
	}
	return nil
}

// plot makes the axes and lines of a panel.
func (p panel) plot() (*plot.Plot, error) {
	out := plot.New()
	out.X.Label.Text, out.Y.Label.Text = p.xLabel, p.yLabel
	for _, a := range []*plot.Axis{&out.X, &out.Y} {
		a.Padding = 0
		a.Width = vg.Points(0.8)
		a.Tick.Width = vg.Points(0.8)
		a.Tick.Length = vg.Points(5)
		a.Tick.Label.Font.Variant, a.Label.TextStyle.Font.Variant = fontVariant, fontVariant
		a.Tick.Label.Font.Size = fontText - 1
		a.Label.TextStyle.Font.Size = fontText
		a.Label.Padding = vg.Points(5)
	}
	out.Add(&plotter.Grid{Vertical: gridStyle, Horizontal: gridStyle})
	styles := p.styles()
	for i, s := range p.series {
		if err := s.addTo(out, styles[i]); err != nil {
			return nil, err
		}
	}
	p.scale(out)
	return out, nil
}

// addTo adds the line, and marks of its points when they are few.
func (s series) addTo(p *plot.Plot, style draw.LineStyle) error {
	points := s.points()
	if len(points) == 0 {
		return nil
	}
	if s.bar {
		return s.addBars(p, style)
	}
	if s.ring {
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
	if len(points) > 1 && (s.faint || len(points) > markersUpTo) {
		return nil
	}
	return addMarks(p, points, markOf(style))
}

// points are those that can be drawn.
func (s series) points() (out plotter.XYs) {
	for i, x := range s.xs {
		if y := s.ys[i]; !math.IsNaN(y) && !math.IsInf(y, 0) {
			out = append(out, plotter.XY{X: x, Y: y})
		}
	}
	return out
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

// markOf is the mark of a single point of a line.
func markOf(line draw.LineStyle) draw.GlyphStyle {
	return draw.GlyphStyle{Color: line.Color, Radius: 3.5, Shape: draw.CircleGlyph{}}
}

// ringStyle is a ring that leaves the line within it to be seen.
var ringStyle = draw.GlyphStyle{Color: black, Radius: 5.5, Shape: thickRing{}}

// thickRing is a ring as thick as a line.
type thickRing struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (thickRing) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: style.Color, Width: 1.6})
	var p vg.Path
	p.Move(vg.Point{X: at.X + style.Radius, Y: at.Y})
	p.Arc(at, style.Radius, 0, 2*math.Pi)
	p.Close()
	c.Stroke(p)
}
