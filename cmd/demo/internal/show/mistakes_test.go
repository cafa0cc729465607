package show

import (
	"bytes"
	"image/png"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

// All tiles of a sheet have one scale, and a name is cut only where it is wider than the sheet.
func TestMistakeMeasures(t *testing.T) {
	iris := &record.Test{ClassNames: []string{"setosa", "versicolor", "virginica"}, Mistakes: []record.Mistake{
		{True: 2, Predicted: 1, Probabilities: []float32{0.1, 0.5, 0.4}},
		{True: 0, Predicted: 2, Probabilities: []float32{0.4, 0, 0.6}},
	}}
	for _, s := range []mistakeSheet{newMistakeSheet(iris, figure.Wide, mistakeColumns),
		newMistakeSheet(iris, telephone, 2)} {
		assert.Equal(t, 2, s.columns)
		assert.GreaterOrEqual(t, s.room, figure.TextWidth(figure.FontText-1, "versicolor"))
		assert.GreaterOrEqual(t, s.tile-s.room-mistakeNumber, shortestBar)
		is, taken := heading(s.Test, iris.Mistakes[0])
		assert.Equal(t, []string{"is virginica", "taken for versicolor"}, []string{is, taken})
		assert.Equal(t, 2, s.lines)
		assert.GreaterOrEqual(t, s.tile, figure.TextWidth(figure.FontText, taken))
	}
	digits := &record.Test{ImageRows: 8, ImageColumns: 8, Mistakes: make([]record.Mistake, 12)}
	for i := range digits.Mistakes {
		digits.Mistakes[i] = record.Mistake{True: 1, Predicted: 2, Probabilities: make([]float32, 10)}
	}
	s := newMistakeSheet(digits, figure.Wide, mistakeColumns)
	assert.Equal(t, []int{6, 1}, []int{s.columns, s.lines})
	assert.InDelta(t, float64(figure.Wide), float64(s.drawing().Width), 1e-9)
}

// An image lies as it is: row by row from the top, its longer side as long as the place is.
func TestDrawImage(t *testing.T) {
	pixels := make([]float32, 12)
	// of 2 rows of 6: the first one, the second of the second row, the last one
	pixels[0], pixels[7], pixels[11] = 1, 0.75, 0.5
	s := &record.Test{ImageRows: 2, ImageColumns: 6, ClassNames: []string{"a", "b"},
		Mistakes: []record.Mistake{{Predicted: 1, Probabilities: []float32{0.25, 0.75}, Pixels: pixels},
			{Predicted: 1, Probabilities: []float32{0.25, 0.75}, Pixels: pixels[:3]}}}
	d := mistakes(s)
	content, err := d.PNG()
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(content))
	require.NoError(t, err)
	const dots = figure.DotsPerInch / 72.0
	at := func(column, row float64) uint32 {
		x := float64(figure.SheetMargin) + float64(mistakeImage)*(column+0.5)/6
		y := float64(mistakesHead) + float64(mistakeImage)*(row+0.5)/6
		r, g, b, _ := img.At(int(x*dots), int(y*dots)).RGBA()
		assert.Equal(t, []uint32{r, r}, []uint32{g, b})
		return r >> 8
	}
	assert.Equal(t, uint32(0), at(0, 0))
	assert.InDelta(t, 63, at(1, 1), 2)
	assert.InDelta(t, 127, at(5, 1), 2)
	for _, white := range [][2]float64{{1, 0}, {5, 0}, {0, 1}, {4, 1}, {0, 3}} {
		assert.Equal(t, uint32(255), at(white[0], white[1]), "%v", white)
	}
}

// The true class is shown, however unlikely it seemed.
func TestMistakesShowTheTruth(t *testing.T) {
	m := record.Mistake{True: 4, Predicted: 1, Probabilities: []float32{0.1, 0.5, 0.2, 0.15, 0.05}}
	assert.Equal(t, []int{1, 2, 4}, likeliestOf(m))
	m.True = 2
	assert.Equal(t, []int{1, 2, 3}, likeliestOf(m))
}
