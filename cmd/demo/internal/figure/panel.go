package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Widths of a sheet: with one panel, and with several side by side.
const (
	Narrow = 5.5 * vg.Inch
	Wide   = 11 * vg.Inch
)

// Figure is a sheet of panels in rows of equal length, drawn on one canvas.
type Figure struct {
	Panels        [][]Panel
	Width, Height vg.Length
}

// Panel is one set of axes with its title and its legend, which stand above the
// data, so that no line can run beneath them.
type Panel struct {
	Title          string
	XLabel, YLabel string
	Legend         string // heads the legend; "" for none
	Series         []Series
	XStep          float64   // distance of the ticks; 0 is chosen from the data
	XTicks         []float64 // ticks there and nowhere else; nil for all along the axis
	IntegerX       bool      // ticks at whole numbers only
	XUnit          bool      // from 0 to 1
	Names          []string  // of the x values 0, 1, …; nil for numbers
	YMin           *float64  // where the axis begins; nil is chosen from the data
	YMax           float64   // data beyond are cut off, and the axis never goes on after it; 0 is no limit
	YSpan          float64   // the least that the axis spans
}

// Series is one line of a panel.
type Series struct {
	Name       string
	X          []float64
	Y          []float64 // values that are NaN or infinite are left out
	Deviations []float64 // half lengths of the bars of deviation, NaN for none at a point; nil for none
	Faint      bool      // a line to compare with, thin and grey
	Colour     int       // of [lineStyles], when it is above those of the series before
	Ring       bool      // rings around its points and no line
	Bar        bool      // bars from 0 instead of a line
	Pale       bool      // bars in a paler shade of the colour of the series before
	Width      float64   // of these bars, in units of x; 0 is 0.6
	Stub       float64   // the least height of a bar that is there
}

// Sizes on the sheet.
const (
	DotsPerInch   = 150
	FontTitle     = 12
	FontText      = 11
	fontVariant   = "Sans"
	headerHeight  = vg.Length(44) // of title and legend above the data
	legendSample  = vg.Length(26) // length of the line beside a name
	legendGap     = vg.Length(16) // between two names
	legendLine    = vg.Length(16) // from one line of the legend to the next
	axisWidth     = vg.Length(95) // about what stands beside the data
	SheetMargin   = vg.Length(14)
	panelGap      = vg.Length(24)
	markersUpTo   = 12 // points of a line that are marked one by one
	ticksWanted   = 6
	axisHeadroom  = 0.04 // of the data's range, free above and below it
	smallestRange = 1e-9
)

// LineStyles tell lines apart by colour (Okabe and Ito's, safe for the colour-blind)
// and, on grey paper, by dashes.
var LineStyles = []draw.LineStyle{
	{Color: color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}, Width: 2},
	{Color: color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}, Width: 2, Dashes: []vg.Length{8, 4}},
	{Color: color.RGBA{R: 0x00, G: 0x9e, B: 0x73, A: 0xff}, Width: 2, Dashes: []vg.Length{2, 3}},
	{Color: color.RGBA{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff}, Width: 2, Dashes: []vg.Length{12, 3, 3, 3}},
	{Color: color.RGBA{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff}, Width: 2, Dashes: []vg.Length{5, 2}},
	{Color: color.RGBA{R: 0x56, G: 0xb4, B: 0xe9, A: 0xff}, Width: 2, Dashes: []vg.Length{14, 5}},
}

var (
	FaintStyle = draw.LineStyle{Color: color.Gray{Y: 0x70}, Width: 1.2, Dashes: []vg.Length{10, 3, 2, 3}}
	gridStyle  = draw.LineStyle{Color: color.Gray{Y: 0xe2}, Width: 0.6}
)

// points returns those that can be drawn.
func (s Series) points() (out plotter.XYs) {
	for i, x := range s.X {
		if y := s.Y[i]; !math.IsNaN(y) && !math.IsInf(y, 0) {
			out = append(out, plotter.XY{X: x, Y: y})
		}
	}
	return out
}

// markOf returns the mark of a single point of a line.
func markOf(line draw.LineStyle) draw.GlyphStyle {
	return draw.GlyphStyle{Color: line.Color, Radius: 3.5, Shape: draw.CircleGlyph{}}
}

// ringStyle is a ring that leaves the line within it to be seen.
var ringStyle = draw.GlyphStyle{Color: Black, Radius: 5.5, Shape: thickRing{}}

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

// Add adds a point.
func (s *Series) Add(x, y float64) { s.X, s.Y = append(s.X, x), append(s.Y, y) }
