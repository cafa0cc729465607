package main

import (
	"fmt"
	"image"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawing is a sheet with something on it.
type drawing struct {
	alt           string // what is to be seen, for those who cannot
	width, height vg.Length
	paint         func(draw.Canvas) error
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

// narrow is the width of a sheet with one panel.
const narrow = 5.5 * vg.Inch

// Colours of the confusion matrix: what is right, what is wrong.
var (
	rightColour = color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}
	wrongColour = color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}
	white       = color.RGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}
	black       = color.RGBA{A: 0xff}
)

// shade is white at 0 and the colour at 1.
func shade(c color.RGBA, part float64) color.RGBA {
	mix := func(x uint8) uint8 { return uint8(255 + part*(float64(x)-255) + 0.5) }
	return color.RGBA{R: mix(c.R), G: mix(c.G), B: mix(c.B), A: 0xff}
}

// fillBox fills a rectangle.
func fillBox(c draw.Canvas, x, y, width, height vg.Length, colour color.Color) {
	c.FillPolygon(colour, []vg.Point{{X: x, Y: y}, {X: x + width, Y: y}, {X: x + width, Y: y + height}, {X: x, Y: y + height}})
}

// words writes text of a size at a point: 0 begins there, 0.5 is centred, 1 ends there. It cuts off what is wider than most, if that is above 0.
func words(c draw.Canvas, size vg.Length, colour color.Color, at vg.Point, align float64, most vg.Length, content string) {
	style := textStyle(size)
	style.Color = colour
	for r := []rune(content); most > 0 && style.Width(content) > most && len(r) > 1; {
		r = r[:len(r)-1]
		content = string(r) + "…"
	}
	at.X -= style.Width(content) * vg.Length(align)
	c.FillText(style, at, content)
}

// largestNumbered is the most classes for which the cells of the confusion matrix have room for numbers.
const largestNumbered = 24

// confusionMatrix draws how often each class was taken for each.
func confusionMatrix(t *testSummary) drawing {
	k := len(t.Confusion)
	paint := func(c draw.Canvas) error {
		left, style := vg.Length(0), textStyle(fontText)
		for i := range k {
			left = max(left, style.Width(t.className(i)))
		}
		left = min(left, 110) + 40
		const top, right, bottom = 68, 14, 14
		cell := min((narrow-left-right)/vg.Length(k), (narrow-top-bottom)/vg.Length(k))
		size := min(vg.Length(fontText), cell*0.42)
		high := c.Max.Y - top
		words(c, fontTitle, black, vg.Point{X: left, Y: c.Max.Y - 26}, 0, 0, "Confusion matrix: test rows")
		words(c, fontText, black, vg.Point{X: left, Y: c.Max.Y - 45}, 0, 0, "taken for …")
		words(c, fontText, black, vg.Point{X: left - 8, Y: high + 5}, 1, 0, "is a")
		for i, row := range t.Confusion {
			y := high - vg.Length(i+1)*cell
			words(c, size, black, vg.Point{X: left - 8, Y: y + cell/2 - size*0.45}, 1, 110, t.className(i))
			words(c, size, black, vg.Point{X: left + (vg.Length(i)+0.5)*cell, Y: high + 5}, 0.5, cell-2, t.className(i))
			sum := 0
			for _, n := range row {
				sum += n
			}
			for j, n := range row {
				part, colour := float64(n)/float64(max(sum, 1)), rightColour
				if i != j {
					colour = wrongColour
					if n > 0 {
						part = min(1, 0.15+3*part) // few, but they must be seen
					}
				}
				x := left + vg.Length(j)*cell
				fillBox(c, x+0.5, y+0.5, cell-1, cell-1, shade(colour, part))
				ink := color.Color(black)
				if part > 0.55 {
					ink = white
				}
				if n > 0 && k <= largestNumbered {
					words(c, size, ink, vg.Point{X: x + cell/2, Y: y + cell/2 - size*0.45}, 0.5, 0, fmt.Sprint(n))
				}
			}
		}
		frame := draw.LineStyle{Color: color.Gray{Y: 0x90}, Width: 0.6}
		end := vg.Length(k) * cell
		c.StrokeLines(frame, []vg.Point{{X: left, Y: high}, {X: left + end, Y: high}, {X: left + end, Y: high - end}, {X: left, Y: high - end}, {X: left, Y: high}})
		return nil
	}
	return drawing{alt: "confusion matrix of the test rows", width: narrow, height: narrow, paint: paint}
}

// Sizes of the sheet of mistakes.
const (
	mistakeColumns = 3
	mistakeImage   = vg.Length(72)
	mistakeLine    = vg.Length(14)
	mistakesHead   = vg.Length(40)
	likeliest      = 3 // classes whose probabilities are shown
)

// mistakes draws rows that the model gets wrong, with the classes that it thinks likeliest.
func mistakes(t *testSummary) drawing {
	side := vg.Length(0)
	if t.ImageRows > 0 && t.ImageColumns > 0 {
		side = mistakeImage
	}
	tile := side + mistakeLine*(likeliest+1) + 22
	rows := (len(t.Mistakes) + mistakeColumns - 1) / mistakeColumns
	paint := func(c draw.Canvas) error {
		words(c, fontTitle, black, vg.Point{X: sheetMargin, Y: c.Max.Y - 26}, 0, 0, "Mistakes on the test rows, the surest first")
		width := (narrow - 2*sheetMargin) / mistakeColumns
		for i, m := range t.Mistakes {
			at := vg.Point{X: sheetMargin + vg.Length(i%mistakeColumns)*width, Y: c.Max.Y - mistakesHead - vg.Length(i/mistakeColumns)*tile}
			t.drawMistake(c, at, width-14, side, m)
		}
		return nil
	}
	return drawing{alt: "test rows that the model gets wrong", width: narrow, height: mistakesHead + tile*vg.Length(rows) + 4, paint: paint}
}

// imageDots is about how many dots a side of a picture has before it is drawn, more than there will be: each pixel is a
// square of them, so that its edges stay sharp and no line shows between two.
const imageDots = 512

// drawImage draws pixels into a square below and right of a point: as large as they fit.
func (t *testSummary) drawImage(c draw.Canvas, at vg.Point, side vg.Length, pixels []float32) {
	longer := max(t.ImageRows, t.ImageColumns)
	dots, size := max(1, imageDots/longer), side/vg.Length(longer)
	img := image.NewGray(image.Rect(0, 0, t.ImageColumns*dots, t.ImageRows*dots))
	for y := range img.Rect.Max.Y {
		for x := range img.Rect.Max.X {
			p := pixels[y/dots*t.ImageColumns+x/dots]
			img.Pix[y*img.Stride+x] = uint8(255 - 255*min(max(p, 0), 1))
		}
	}
	low, high := vg.Point{X: at.X, Y: at.Y - size*vg.Length(t.ImageRows)}, vg.Point{X: at.X + size*vg.Length(t.ImageColumns), Y: at.Y}
	c.DrawImage(vg.Rectangle{Min: low, Max: high}, img)
	frame := draw.LineStyle{Color: color.Gray{Y: 0xb0}, Width: 0.6}
	c.StrokeLines(frame, []vg.Point{at, {X: high.X, Y: high.Y}, {X: high.X, Y: low.Y}, low, at})
}

// drawMistake draws one of them below and right of a point.
func (t *testSummary) drawMistake(c draw.Canvas, at vg.Point, width, side vg.Length, m mistake) {
	if side > 0 && len(m.Pixels) == t.ImageRows*t.ImageColumns {
		t.drawImage(c, at, side, m.Pixels)
	}
	y := at.Y - side - mistakeLine - 1
	words(c, fontText, black, vg.Point{X: at.X, Y: y}, 0, width, fmt.Sprintf("is %s, taken for %s", t.className(m.True), t.className(m.Predicted)))
	order := make([]int, len(m.Probabilities))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch pa, pb := m.Probabilities[a], m.Probabilities[b]; {
		case pa > pb:
			return -1
		case pa < pb:
			return 1
		}
		return 0
	})
	const name, number = vg.Length(12), vg.Length(34)
	room, shown := name, order[:min(likeliest, len(order))]
	for _, k := range shown {
		room = min(max(room, textStyle(fontText-1).Width(t.className(k))+4), width*0.45)
	}
	for _, k := range shown {
		y -= mistakeLine
		p, colour := float64(m.Probabilities[k]), color.Color(color.Gray{Y: 0x90})
		switch k {
		case m.True:
			colour = rightColour
		case m.Predicted:
			colour = wrongColour
		}
		words(c, fontText-1, black, vg.Point{X: at.X, Y: y}, 0, room-3, t.className(k))
		bar := width - room - number
		fillBox(c, at.X+room, y+2, bar*vg.Length(p), 7, colour)
		words(c, fontText-1, black, vg.Point{X: at.X + room + bar*vg.Length(p) + 3, Y: y}, 0, 0, fmt.Sprintf("%.0f %%", 100*p))
	}
}
