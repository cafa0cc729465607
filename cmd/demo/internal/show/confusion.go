package show

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

// Sizes of the confusion matrix.
const (
	smallestFont  = vg.Length(7)
	largestCell   = vg.Length(72)
	largestMatrix = vg.Length(1000) // side of the cells of a matrix without numbers
	numbersUpTo   = vg.Length(760)  // side of the cells of a matrix with numbers
	longestName   = vg.Length(110)  // beside the rows and above the columns
	legendBox     = vg.Length(12)
)

// shadesOfLegend are the shares of a row that the legend shows.
var shadesOfLegend = []float64{0.01, 0.1, 0.5, 1}

// palette are the colours of a sheet.
type palette struct{ ground, ink, right, wrong color.RGBA }

var (
	lightPalette = palette{ground: figure.White, ink: figure.Black, right: figure.RightColour,
		wrong: figure.WrongColour}
	// as the report
	darkPalette = palette{ground: color.RGBA{R: 0x1e, G: 0x24, B: 0x2c, A: 0xff},
		ink:   color.RGBA{R: 0xe6, G: 0xea, B: 0xf0, A: 0xff},
		right: color.RGBA{R: 0x56, G: 0xb4, B: 0xe9, A: 0xff},
		wrong: color.RGBA{R: 0xf0, G: 0x8a, B: 0x3c, A: 0xff}}
)

// share returns the colour of a cell with a share of the rows of its true class: on one scale for
// what is right and what is wrong, a root, so that few rows are seen too.
func (p palette) share(share float64, right bool) color.RGBA {
	to := p.wrong
	if right {
		to = p.right
	}
	return figure.Blend(p.ground, to, math.Sqrt(share))
}

// matrixSheet are the measures of a confusion matrix.
type matrixSheet struct {
	*record.Test
	palette
	names   []string
	cell    vg.Length
	font    vg.Length
	left    vg.Length // of the cells: room for the names of the rows
	above   vg.Length // of the cells: room for the names of the columns
	upright bool      // the names of the columns stand
	numbers bool      // the cells have numbers
	every   int       // 1: every class has its name, 2: every second one, …
}

// confusionMatrix draws how often each class was taken for each.
func confusionMatrix(t *record.Test) figure.Drawing {
	d, dark := newMatrixSheet(t, lightPalette).drawing(), newMatrixSheet(t, darkPalette).drawing()
	d.Dark = &dark
	return d
}

// drawing draws it with its title and its legend.
func (s matrixSheet) drawing() figure.Drawing {
	side, head := s.cell*vg.Length(len(s.names)), 56+s.above
	width := figure.SheetMargin + max(s.left+side, s.legend(nil, vg.Point{}), figure.TextWidth(figure.FontTitle,
		confusionTitle)) + figure.SheetMargin
	alt := "Confusion matrix of the test rows"
	for i, row := range confusions(s.Test).Rows[1:] {
		alt += []string{": ", "; "}[min(i, 1)] + row[0] + " is taken for " + row[1] + " in " + row[2]
	}
	return figure.Drawing{Alt: alt, Width: width,
		Height: head + side + figure.SheetMargin, Scroll: width > 1.25*figure.Narrow, Paint: func(c draw.Canvas) error {
			figure.FillBox(c, c.Min.X, c.Min.Y, c.Max.X-c.Min.X, c.Max.Y-c.Min.Y, s.ground)
			figure.Words(c, figure.FontTitle, s.ink, vg.Point{X: figure.SheetMargin, Y: c.Max.Y - 26}, 0, 0, confusionTitle)
			s.legend(&c, vg.Point{X: figure.SheetMargin, Y: c.Max.Y - 46})
			s.draw(c, vg.Point{X: figure.SheetMargin + s.left, Y: c.Max.Y - head})
			return nil
		}}
}

const (
	confusionTitle = "Confusion matrix: test rows"
	trueTitle      = "is"
	takenTitle     = "taken for"
)

// newMatrixSheet measures the matrix: cells as large as a narrow sheet allows, but not so small
// that their numbers could not be read.
func newMatrixSheet(t *record.Test, colours palette) matrixSheet {
	k := len(t.Confusion)
	s := matrixSheet{Test: t, palette: colours, every: 1}
	widest, digits := vg.Length(0), 1
	for i, row := range t.Confusion {
		s.names = append(s.names, label(t, i))
		for _, n := range row {
			digits = max(digits, len(strconv.Itoa(n)))
		}
	}
	number := func(size vg.Length) vg.Length { return vg.Length(digits) * figure.TextWidth(size, "0") }
	for _, name := range s.names {
		widest = max(widest, figure.TextWidth(figure.FontText, name))
	}
	s.left = max(min(widest, longestName), figure.TextWidth(figure.FontText, trueTitle)) + 8
	fit, least := (figure.Narrow-2*figure.SheetMargin-s.left)/vg.Length(k), max(number(smallestFont)+3, smallestFont+3)
	if s.numbers = least*vg.Length(k) <= numbersUpTo; s.numbers {
		s.cell = max(min(fit, largestCell), least)
	} else {
		s.cell = min(max(fit, smallestFont+3), largestMatrix/vg.Length(k))
		s.every = int(math.Ceil(float64((smallestFont + 2) / s.cell)))
	}
	s.font = min(max(s.cell*0.42, smallestFont), figure.FontText)
	if n := number(1); s.numbers && s.font*n > s.cell-3 {
		s.font = max(smallestFont, (s.cell-3)/n)
	}
	widest = 0
	for _, name := range s.names {
		widest = max(widest, figure.TextWidth(s.font, name))
	}
	s.upright = widest > s.cell-3
	if s.above = figure.FontText + 24; s.upright {
		s.above = min(widest, longestName) + 24
	}
	return s
}

// legend says what the colours mean, where there is a canvas, and how wide that is.
func (s matrixSheet) legend(c *draw.Canvas, at vg.Point) vg.Length {
	from := at.X
	write := func(text string, gap vg.Length) {
		if c != nil {
			figure.Words(*c, figure.FontText-1, s.ink, at, 0, 0, text)
		}
		at.X += figure.TextWidth(figure.FontText-1, text) + gap
	}
	write("Share of the true class:", 8)
	for _, share := range shadesOfLegend {
		if c != nil {
			figure.FillBox(*c, at.X, at.Y, legendBox, legendBox-2, s.share(share, true))
			figure.FillBox(*c, at.X+legendBox, at.Y, legendBox, legendBox-2, s.share(share, false))
		}
		at.X += 2*legendBox + 3
		write(strconv.FormatFloat(100*share, 'f', -1, 64)+" %", 9)
	}
	return at.X - from - 9
}

// draw draws the cells below and right of a point, and the names around them.
func (s matrixSheet) draw(c draw.Canvas, at vg.Point) {
	figure.Words(c, figure.FontText, s.ink, vg.Point{X: at.X, Y: at.Y + s.above - 14}, 0, 0, takenTitle)
	figure.Words(c, figure.FontText, s.ink, vg.Point{X: at.X - 6, Y: at.Y + 4}, 1, 0, trueTitle)
	for i, row := range s.Confusion {
		y, x := at.Y-vg.Length(i+1)*s.cell, at.X+vg.Length(i)*s.cell
		if i%s.every == 0 {
			figure.Words(c, s.font, s.ink, vg.Point{X: at.X - 6, Y: y + s.cell/2 - s.font*0.45}, 1, longestName, s.names[i])
			if s.upright {
				figure.Upright(c, s.font, s.ink, vg.Point{X: x + s.cell/2, Y: at.Y + 4}, longestName, s.names[i])
			} else {
				figure.Words(c, s.font, s.ink, vg.Point{X: x + s.cell/2, Y: at.Y + 4}, 0.5, 0, s.names[i])
			}
		}
		s.drawRow(c, vg.Point{X: at.X, Y: y}, i, row)
	}
	frame, end := draw.LineStyle{Color: color.Gray{Y: 0x90}, Width: 0.6}, vg.Length(len(s.names))*s.cell
	c.StrokeLines(frame, []vg.Point{at, {X: at.X + end, Y: at.Y}, {X: at.X + end, Y: at.Y - end},
		{X: at.X, Y: at.Y - end}, at})
}

// drawRow draws the cells of a true class right of a point.
func (s matrixSheet) drawRow(c draw.Canvas, at vg.Point, i int, row []int) {
	all := sum(row)
	for j, n := range row {
		if n == 0 {
			continue
		}
		x, colour := at.X+vg.Length(j)*s.cell, s.share(float64(n)/float64(all), i == j)
		figure.FillBox(c, x+0.5, at.Y+0.5, s.cell-1, s.cell-1, colour)
		if s.numbers {
			figure.Words(c, s.font, figure.InkOn(colour), vg.Point{X: x + s.cell/2, Y: at.Y + s.cell/2 - s.font*0.45}, 0.5, 0,
				strconv.Itoa(n))
		}
	}
}

// confusionsListed are the lines of the table beside the matrix.
const confusionsListed = 8

// confusions is a table of what is taken for something else most often.
func confusions(t *record.Test) htmlTable {
	type pair struct{ is, taken, rows int }
	var all []pair
	for i, row := range t.Confusion {
		for j, n := range row {
			if i != j && n > 0 {
				all = append(all, pair{is: i, taken: j, rows: n})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b pair) int { return cmp.Compare(b.rows, a.rows) })
	out := htmlTable{Caption: "most frequent mistakes", Rows: [][]string{{"is", "taken for", "test rows"}}}
	for _, p := range all[:min(confusionsListed, len(all))] {
		out.Rows = append(out.Rows, []string{t.ClassName(p.is), t.ClassName(p.taken),
			fmt.Sprintf("%d of %d", p.rows, sum(t.Confusion[p.is]))})
	}
	return out
}

// sum returns how many rows there are of a true class, of which row says what they were taken for.
func sum(row []int) (n int) {
	for _, v := range row {
		n += v
	}
	return n
}
