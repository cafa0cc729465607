package main

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawing is a sheet with something on it.
type drawing struct {
	alt           string // what is to be seen, for those who cannot
	width, height vg.Length
	paint         func(draw.Canvas) error
	small         *drawing // the same for a telephone; nil when this one will do
	dark          *drawing // the same on a dark ground; nil where one may turn the colours of this one round
	scroll        bool     // in the report it is moved sideways where it has no room, not made smaller
}

// drawing is the figure as a drawing.
func (f figure) drawing() drawing { return drawing{width: f.width, height: f.height, paint: f.draw} }

// single are the panels of a figure one by one, of a width that a telephone shows.
func (f figure) single() (out []drawing) {
	for _, row := range f.panels {
		for _, p := range row {
			d := figure{panels: [][]panel{{p}}, width: narrow, height: 4 * vg.Inch}.drawing()
			d.alt = p.title
			out = append(out, d)
		}
	}
	return out
}

// Widths of a sheet: with one panel, and with several side by side.
const (
	narrow = 5.5 * vg.Inch
	wide   = 11 * vg.Inch
)

// Colours of what is right and of what is wrong.
var (
	rightColour = color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}
	wrongColour = color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}
	white       = color.RGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}
	black       = color.RGBA{A: 0xff}
)

// shade is white at 0 and the colour at 1.
func shade(c color.RGBA, part float64) color.RGBA { return blend(white, c, part) }

// blend is one colour at 0 and the other one at 1.
func blend(from, to color.RGBA, part float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + part*(float64(b)-float64(a)) + 0.5) }
	return color.RGBA{R: mix(from.R, to.R), G: mix(from.G, to.G), B: mix(from.B, to.B), A: 0xff}
}

// luminance is the relative luminance of a colour, 0 black to 1 white.
//
// Source: WCAG 2.2, definition of relative luminance.
func luminance(c color.RGBA) float64 {
	linear := func(x uint8) float64 {
		if v := float64(x) / 255; v > 0.04045 {
			return math.Pow((v+0.055)/1.055, 2.4)
		}
		return float64(x) / 255 / 12.92
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// contrast is that of two colours, 1 to 21; text needs 4.5.
func contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// inkOn is black or white, whichever is easier to read on a colour.
func inkOn(ground color.RGBA) color.RGBA {
	if contrast(ground, white) > contrast(ground, black) {
		return white
	}
	return black
}

// fillBox fills a rectangle.
func fillBox(c draw.Canvas, x, y, width, height vg.Length, colour color.Color) {
	c.FillPolygon(colour, []vg.Point{{X: x, Y: y}, {X: x + width, Y: y}, {X: x + width, Y: y + height}, {X: x, Y: y + height}})
}

// words writes text of a size at a point: 0 begins there, 0.5 is centred, 1 ends there. What is wider than most is cut, see [cut].
func words(c draw.Canvas, size vg.Length, colour color.Color, at vg.Point, align float64, most vg.Length, content string) {
	style := textStyle(size)
	style.Color = colour
	content = cut(size, most, content)
	at.X -= style.Width(content) * vg.Length(align)
	c.FillText(style, at, content)
}

// cut leaves out the middle of what is wider than most, if that is above 0: names of a kind often differ at the end.
func cut(size, most vg.Length, content string) string {
	style, r := textStyle(size), []rune(content)
	for keep := len(r) - 1; most > 0 && style.Width(content) > most && keep > 0; keep-- {
		content = string(r[:(keep+1)/2]) + "…" + string(r[len(r)-keep/2:])
	}
	return content
}

// upright writes text that is read from below, centred on the line above a point.
func upright(c draw.Canvas, size vg.Length, colour color.Color, at vg.Point, most vg.Length, content string) {
	style := textStyle(size)
	style.Color, style.Rotation, style.YAlign = colour, math.Pi/2, draw.YCenter
	c.FillText(style, at, cut(size, most, content))
}

// textWidth is the width of text of a size.
func textWidth(size vg.Length, content string) vg.Length { return textStyle(size).Width(content) }

// drawable reports whether the font has all the letters of a text.
func drawable(content string) bool {
	style := textStyle(fontText)
	face := style.Handler.Cache().Lookup(style.Font, style.Font.Size).Face
	for _, r := range content {
		if i, err := face.GlyphIndex(nil, r); err != nil || i == 0 {
			return false
		}
	}
	return content != ""
}

// label is the name of a class, or its number when the font lacks a letter of it.
func (t *testSummary) label(k int) string {
	if name := t.className(k); drawable(name) {
		return name
	}
	return strconv.Itoa(k)
}
