package main

import (
	"bytes"
	"image/color"
	"math"
	"os"
	"strconv"

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
	xStep          float64  // distance of the ticks; 0 is chosen from the data
	integerX       bool     // ticks at whole numbers only
	xUnit          bool     // from 0 to 1
	names          []string // of the x values 0, 1, …; nil for numbers
	yMin           *float64 // where the axis begins; nil is chosen from the data
	yMax           float64  // data beyond are cut off, and the axis never goes on after it; 0 is no limit
}

// series is one line of a panel.
type series struct {
	name  string
	xs    []float64
	ys    []float64 // values that are NaN or infinite are left out
	errs  []float64 // half lengths of the bars of deviation; nil for none
	faint bool      // a line to compare with, thin and grey
	bar   bool      // bars from 0 instead of a line
	width float64   // of these bars, in units of x; 0 is 0.6
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
	points := make(plotter.XYs, 0, len(s.xs))
	for i, x := range s.xs {
		if y := s.ys[i]; !math.IsNaN(y) && !math.IsInf(y, 0) {
			points = append(points, plotter.XY{X: x, Y: y})
		}
	}
	if len(points) == 0 {
		return nil
	}
	if s.bar {
		return s.addBars(p, style)
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
	marks, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	marks.GlyphStyle = markOf(style)
	p.Add(marks)
	return nil
}

// markOf is the mark of a single point of a line.
func markOf(line draw.LineStyle) draw.GlyphStyle {
	return draw.GlyphStyle{Color: line.Color, Radius: 3.5, Shape: draw.CircleGlyph{}}
}

// scale sets the ranges and ticks of both axes.
func (p panel) scale(out *plot.Plot) {
	if math.IsInf(out.X.Min, 0) || math.IsInf(out.Y.Min, 0) { // nothing that can be drawn
		out.X.Min, out.X.Max, out.Y.Min, out.Y.Max = 0, 1, 0, 1
	}
	x := &out.X
	step := p.xStep
	if step == 0 {
		step = niceStep(x.Max-x.Min, ticksWanted+2)
	}
	if p.integerX {
		step = max(1, math.Ceil(step))
	}
	if x.Max-x.Min < smallestRange {
		x.Min, x.Max = x.Min-step/2, x.Max+step/2
	} else {
		x.Max = step * math.Ceil(x.Max/step-1e-9)
	}
	marks := ticks(x.Min, x.Max, step)
	if p.integerX && marks[0].Value > x.Min { // the first epoch has a name too
		marks = append(ticks(x.Min, x.Min, 1), marks...)
	}
	x.Tick.Marker = plot.ConstantTicks(marks)
	if p.xUnit {
		x.Min, x.Max = 0, 1
		x.Tick.Marker = plot.ConstantTicks(ticks(0, 1, step))
	}
	if p.names != nil {
		x.Min, x.Max = -0.5, float64(len(p.names))-0.5
		marks = nil
		for i, name := range p.names {
			marks = append(marks, plot.Tick{Value: float64(i), Label: name})
		}
		x.Tick.Marker = plot.ConstantTicks(marks)
	}

	y := &out.Y
	room := axisHeadroom * max(y.Max-y.Min, smallestRange)
	step = niceStep(y.Max-y.Min+2*room, ticksWanted)
	lo, hi := step*math.Floor((y.Min-room)/step), step*math.Ceil((y.Max+room)/step)
	if y.Min >= 0 && lo < 0 {
		lo = 0
	}
	if p.yMin != nil {
		lo = *p.yMin
	}
	if p.yMax != 0 && y.Max <= p.yMax && hi > p.yMax {
		hi = p.yMax + (hi-lo)*0.01 // leave the width of a line
	}
	y.Min, y.Max = lo, hi
	y.Tick.Marker = plot.ConstantTicks(ticks(lo, hi, step))
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
