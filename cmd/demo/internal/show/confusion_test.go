package show

import (
	"fmt"
	"image"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/vg"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

// exampleTest is a test of three classes, one of them with a long name.
func exampleTest() *record.Test {
	return &record.Test{
		ClassNames: []string{"a", "a class with quite a long name, too long", "c"},
		Confusion:  [][]int{{9, 1, 0}, {0, 7, 3}, {0, 0, 0}},
		Mistakes: []record.Mistake{{True: 0, Predicted: 1, Probabilities: []float32{0.25, 0.75, 0}},
			{True: 1, Predicted: 2, Probabilities: []float32{0, 0.5, 0.5}}},
	}
}

// dotsOf is the size of a drawing in dots.
func dotsOf(d figure.Drawing) image.Point {
	return image.Pt(int(d.Width/vg.Inch*figure.DotsPerInch+0.5), int(d.Height/vg.Inch*figure.DotsPerInch+0.5))
}

func TestDrawings(t *testing.T) {
	dir := t.TempDir()
	d := confusionMatrix(exampleTest())
	path := filepath.Join(dir, "confusion.png")
	require.NoError(t, d.Write(path))
	share := lightPalette.share
	demotest.Picture(t, path, dotsOf(d), share(0.9, true), share(0.7, true), share(0.1, false), share(0.3, false))
	require.NotNil(t, d.Dark)
	require.NoError(t, d.Dark.Write(path))

	for _, d := range []figure.Drawing{mistakes(exampleTest()), *mistakes(exampleTest()).Small} {
		require.NoError(t, d.Write(path))
		demotest.Picture(t, path, dotsOf(d), figure.RightColour, figure.WrongColour)
	}
	for _, k := range []int{1, 2, 35, 60, 300} {
		many := &record.Test{Confusion: make([][]int, k)}
		for i := range many.Confusion {
			many.Confusion[i] = make([]int, k)
			many.Confusion[i][i] = 1000
		}
		d := confusionMatrix(many)
		require.NoError(t, d.Write(path))
		demotest.Picture(t, path, dotsOf(d), figure.RightColour)
		assert.LessOrEqual(t, d.Width, vg.Length(1100))
	}
}

// Numbers can be read on every colour, and what is right and wrong has one scale.
func TestConfusionColours(t *testing.T) {
	for name, p := range map[string]palette{"light": lightPalette, "dark": darkPalette} {
		for _, right := range []bool{false, true} {
			assert.Equal(t, p.ground, p.share(0, right))
			for i := range 101 {
				c := p.share(float64(i)/100, right)
				assert.GreaterOrEqual(t, figure.Contrast(c, figure.InkOn(c)), 4.5, "%s %d %%", name, i)
				if i > 0 {
					assert.Greater(t, figure.Contrast(c, p.ground), figure.Contrast(p.share(float64(i-1)/100, right), p.ground),
						"%s %d %%", name, i)
				}
			}
		}
		assert.GreaterOrEqual(t, figure.Contrast(p.ground, p.ink), 7.0)
	}
	assert.InDelta(t, 21, figure.Contrast(figure.Black, figure.White), 1e-12)
}

// Letters are never smaller than can be read, and the sheet is as large as it has to be.
func TestConfusionMeasures(t *testing.T) {
	of := func(k, n int, name string) matrixSheet {
		s := &record.Test{Confusion: make([][]int, k)}
		for i := range k {
			s.Confusion[i] = make([]int, k)
			s.Confusion[i][i] = n
			s.ClassNames = append(s.ClassNames, fmt.Sprint(name, i))
		}
		return newMatrixSheet(s, lightPalette)
	}
	small := of(3, 9, "")
	assert.False(t, small.upright)
	assert.Equal(t, largestCell, small.cell)
	long := of(3, 9, "a name that is longer than its column ")
	assert.True(t, long.upright)
	assert.LessOrEqual(t, long.left, longestName+8)
	for _, k := range []int{2, 10, 24, 35, 50, 100, 1000} {
		s := of(k, 123, "class ")
		assert.GreaterOrEqual(t, s.font, smallestFont)
		assert.Equal(t, k <= 50, s.numbers, "numbers of %d classes", k)
		if s.numbers {
			assert.LessOrEqual(t, figure.TextWidth(s.font, "123"), s.cell-2, "%d classes", k)
		}
		assert.GreaterOrEqual(t, s.cell*vg.Length(s.every), smallestFont+2, "names of %d classes", k)
		assert.LessOrEqual(t, s.cell*vg.Length(k), largestMatrix+1)
	}
}

// What the font cannot draw is a number.
func TestLabelOfLettersThatAreMissing(t *testing.T) {
	s := &record.Test{ClassNames: []string{"naïve", "日本語", "", "Žluťoučký", "two\nlines"}}
	assert.Equal(t, []string{"naïve", "1", "2", "Žluťoučký", "two lines", "5"}, []string{label(s, 0), label(s, 1),
		label(s, 2), label(s, 3), label(s, 4), label(s, 5)})
}

func TestConfusions(t *testing.T) {
	assert.Equal(t, [][]string{{"is", "taken for", "test rows"}, {exampleTest().ClassNames[1], "c", "3 of 10"},
		{"a", exampleTest().ClassNames[1], "1 of 10"}},
		confusions(exampleTest()).Rows)
}
