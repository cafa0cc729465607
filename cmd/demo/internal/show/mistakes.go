package show

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

// Sizes of the sheet of mistakes.
const (
	mistakeColumns = 6 // at most, on a wide sheet
	mistakeImage   = vg.Length(72)
	mistakeLine    = vg.Length(14)
	mistakeGap     = vg.Length(16) // between two tiles
	mistakesHead   = vg.Length(40)
	mistakeNumber  = vg.Length(36) // room for "100 %"
	shortestBar    = vg.Length(30) // of 100 %
	likeliest      = 3             // classes whose probabilities are shown
	telephone      = 4 * vg.Inch   // width of a sheet that a telephone shows as large as it is
)

// mistakeSheet is the sheet of mistakes, all of whose tiles have the same measures, so that their
// bars can be compared.
type mistakeSheet struct {
	*record.Test
	columns int
	tile    vg.Length // width
	side    vg.Length // of the image; 0 without one
	room    vg.Length // for the names beside the bars
	lines   int       // of the heading, 1 or 2
}

// mistakes draws rows that the model gets wrong, with the classes that it thinks likeliest.
func mistakes(t *record.Test) figure.Drawing {
	d, small := newMistakeSheet(t, figure.Wide, mistakeColumns).drawing(), newMistakeSheet(t, telephone, 2).drawing()
	d.Small = &small
	return d
}

// newMistakeSheet measures the tiles for a sheet that is as wide as it may be.
func newMistakeSheet(t *record.Test, width vg.Length, most int) mistakeSheet {
	s := mistakeSheet{Test: t, lines: 1}
	if t.ImageRows > 0 && t.ImageColumns > 0 {
		s.side = mistakeImage
	}
	one, two := vg.Length(0), vg.Length(0)
	for _, m := range t.Mistakes {
		is, taken := heading(t, m)
		one = max(one, figure.TextWidth(figure.FontText, is+", "+taken))
		two = max(two, figure.TextWidth(figure.FontText, is+","), figure.TextWidth(figure.FontText, taken))
		for _, k := range likeliestOf(m) {
			s.room = max(s.room, figure.TextWidth(figure.FontText-1, label(t, k))+5)
		}
	}
	free := width - 2*figure.SheetMargin
	s.room = min(s.room, free/2)
	need := max(two, s.room+shortestBar+mistakeNumber, s.side)
	s.columns = min(max(1, int((free+mistakeGap)/(need+mistakeGap))), most)
	s.tile = (free+mistakeGap)/vg.Length(s.columns) - mistakeGap
	if s.columns = min(s.columns, max(1, len(t.Mistakes))); one > s.tile {
		s.lines = 2
	}
	return s
}

// heading says what a row is, and what it is taken for.
func heading(t *record.Test, m record.Mistake) (is, taken string) {
	is = "is " + label(t, m.True)
	if m.Row > 0 {
		is = fmt.Sprintf("row %d %s", m.Row, is)
	}
	return is, "taken for " + label(t, m.Predicted)
}

// likeliestOf are the classes that the model thinks likeliest, and the true one.
func likeliestOf(m record.Mistake) []int {
	order := make([]int, len(m.Probabilities))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(m.Probabilities[b], m.Probabilities[a]) })
	if len(order) <= likeliest {
		return order
	}
	if !slices.Contains(order[:likeliest], m.True) {
		order[likeliest-1] = m.True
	}
	return order[:likeliest]
}

// drawing draws the tiles in rows.
func (s mistakeSheet) drawing() figure.Drawing {
	const title = "Mistakes on the test rows, the surest first"
	height := s.side + mistakeLine*vg.Length(likeliest+s.lines) + 22
	rows := (len(s.Mistakes) + s.columns - 1) / s.columns
	width := max(vg.Length(s.columns)*(s.tile+mistakeGap)-mistakeGap, figure.TextWidth(figure.FontTitle,
		title)) + 2*figure.SheetMargin
	paint := func(c draw.Canvas) error {
		figure.Words(c, figure.FontTitle, figure.Black, vg.Point{X: figure.SheetMargin, Y: c.Max.Y - 26}, 0, 0, title)
		for i, m := range s.Mistakes {
			column, row := vg.Length(i%s.columns), vg.Length(i/s.columns)
			s.draw(c, vg.Point{X: figure.SheetMargin + column*(s.tile+mistakeGap), Y: c.Max.Y - mistakesHead - row*height}, m)
		}
		return nil
	}
	alt := "Test rows that the model gets wrong"
	for _, m := range s.Mistakes {
		is, taken := heading(s.Test, m)
		alt += fmt.Sprintf("; %s, %s with %.0f %%", is, taken, 100*m.Probabilities[m.Predicted])
	}
	return figure.Drawing{Alt: alt, Width: width,
		Height: mistakesHead + height*vg.Length(rows) + 4, Paint: paint}
}

// draw draws one of them below and right of a point.
func (s mistakeSheet) draw(c draw.Canvas, at vg.Point, m record.Mistake) {
	if s.side > 0 && len(m.Pixels) == s.ImageRows*s.ImageColumns {
		drawImage(s.Test, c, at, s.side, m.Pixels)
	}
	y := at.Y - s.side - mistakeLine - 1
	is, taken := heading(s.Test, m)
	if s.lines == 1 {
		figure.Words(c, figure.FontText, figure.Black, vg.Point{X: at.X, Y: y}, 0, 0, is+", "+taken)
	} else {
		figure.Words(c, figure.FontText, figure.Black, vg.Point{X: at.X, Y: y}, 0, s.tile, is+",")
		y -= mistakeLine
		figure.Words(c, figure.FontText, figure.Black, vg.Point{X: at.X, Y: y}, 0, s.tile, taken)
	}
	for _, k := range likeliestOf(m) {
		y -= mistakeLine
		p, colour := float64(m.Probabilities[k]), color.Color(color.Gray{Y: 0x90})
		switch k {
		case m.True:
			colour = figure.RightColour
		case m.Predicted:
			colour = figure.WrongColour
		}
		figure.Words(c, figure.FontText-1, figure.Black, vg.Point{X: at.X, Y: y}, 0, s.room-3, label(s.Test, k))
		bar := (s.tile - s.room - mistakeNumber) * vg.Length(p)
		figure.FillBox(c, at.X+s.room, y+2, bar, 7, colour)
		figure.Words(c, figure.FontText-1, figure.Black, vg.Point{X: at.X + s.room + bar + 3, Y: y}, 0, 0,
			fmt.Sprintf("%.0f %%", 100*p))
	}
}

// imageDots is about how many dots a side of a picture has before it is drawn, more than there will
// be: each pixel is a square of them, so that its edges stay sharp and no line shows between two.
const imageDots = 512

// drawImage draws pixels into a square below and right of a point: as large as they fit.
func drawImage(t *record.Test, c draw.Canvas, at vg.Point, side vg.Length, pixels []float32) {
	longer := max(t.ImageRows, t.ImageColumns)
	dots, size := max(1, imageDots/longer), side/vg.Length(longer)
	img := image.NewGray(image.Rect(0, 0, t.ImageColumns*dots, t.ImageRows*dots))
	for y := range img.Rect.Max.Y {
		for x := range img.Rect.Max.X {
			p := pixels[y/dots*t.ImageColumns+x/dots]
			img.Pix[y*img.Stride+x] = uint8(255 - 255*min(max(p, 0), 1))
		}
	}
	low, high := vg.Point{X: at.X, Y: at.Y - size*vg.Length(t.ImageRows)},
		vg.Point{X: at.X + size*vg.Length(t.ImageColumns), Y: at.Y}
	c.DrawImage(vg.Rectangle{Min: low, Max: high}, img)
	frame := draw.LineStyle{Color: color.Gray{Y: 0xb0}, Width: 0.6}
	c.StrokeLines(frame, []vg.Point{at, {X: high.X, Y: high.Y}, {X: high.X, Y: low.Y}, low, at})
}
