package main

import (
	"fmt"
	"image"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/vg"
)

// exampleTest is a test of three classes, one of them with a long name.
func exampleTest() *testSummary {
	return &testSummary{
		ClassNames: []string{"a", "a class with quite a long name, too long", "c"},
		Confusion:  [][]int{{9, 1, 0}, {0, 7, 3}, {0, 0, 0}},
		Mistakes:   []mistake{{True: 0, Predicted: 1, Probabilities: []float32{0.25, 0.75, 0}}, {True: 1, Predicted: 2, Probabilities: []float32{0, 0.5, 0.5}}},
	}
}

// dots is the size of a drawing in dots.
func (d drawing) dots() image.Point {
	return image.Pt(int(d.width/vg.Inch*dotsPerInch+0.5), int(d.height/vg.Inch*dotsPerInch+0.5))
}

func TestDrawings(t *testing.T) {
	dir := t.TempDir()
	d := confusionMatrix(exampleTest())
	path := filepath.Join(dir, "confusion.png")
	require.NoError(t, writePNG(path, d.width, d.height, d.paint))
	share := lightPalette.share
	checkPicture(t, path, d.dots(), share(0.9, true), share(0.7, true), share(0.1, false), share(0.3, false))
	require.NotNil(t, d.dark)
	require.NoError(t, writePNG(path, d.dark.width, d.dark.height, d.dark.paint))

	for _, d := range []drawing{mistakes(exampleTest()), *mistakes(exampleTest()).small} {
		require.NoError(t, writePNG(path, d.width, d.height, d.paint))
		checkPicture(t, path, d.dots(), rightColour, wrongColour)
	}
	for _, k := range []int{1, 2, 35, 60, 300} {
		many := &testSummary{Confusion: make([][]int, k)}
		for i := range many.Confusion {
			many.Confusion[i] = make([]int, k)
			many.Confusion[i][i] = 1000
		}
		d := confusionMatrix(many)
		require.NoError(t, writePNG(path, d.width, d.height, d.paint))
		checkPicture(t, path, d.dots(), rightColour)
		assert.LessOrEqual(t, d.width, vg.Length(1100))
	}
}

// Numbers can be read on every colour, and what is right and wrong has one scale.
func TestConfusionColours(t *testing.T) {
	for name, p := range map[string]palette{"light": lightPalette, "dark": darkPalette} {
		for _, right := range []bool{false, true} {
			assert.Equal(t, p.ground, p.share(0, right))
			for i := range 101 {
				c := p.share(float64(i)/100, right)
				assert.GreaterOrEqual(t, contrast(c, inkOn(c)), 4.5, "%s %d %%", name, i)
				if i > 0 {
					assert.Greater(t, contrast(c, p.ground), contrast(p.share(float64(i-1)/100, right), p.ground), "%s %d %%", name, i)
				}
			}
		}
		assert.GreaterOrEqual(t, contrast(p.ground, p.ink), 7.0)
	}
	assert.InDelta(t, 21, contrast(black, white), 1e-12)
}

// Letters are never smaller than can be read, and the sheet is as large as it has to be.
func TestConfusionMeasures(t *testing.T) {
	of := func(k, n int, name string) matrixSheet {
		s := &testSummary{Confusion: make([][]int, k)}
		for i := range k {
			s.Confusion[i] = make([]int, k)
			s.Confusion[i][i] = n
			s.ClassNames = append(s.ClassNames, fmt.Sprint(name, i))
		}
		return s.matrixSheet(lightPalette)
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
			assert.LessOrEqual(t, textWidth(s.font, "123"), s.cell-2, "%d classes", k)
		}
		assert.GreaterOrEqual(t, s.cell*vg.Length(s.every), smallestFont+2, "names of %d classes", k)
		assert.LessOrEqual(t, s.cell*vg.Length(k), largestMatrix+1)
	}
}

// All tiles of a sheet have one scale, and a name is cut only where it is wider than the sheet.
func TestMistakeMeasures(t *testing.T) {
	iris := &testSummary{ClassNames: []string{"setosa", "versicolor", "virginica"}, Mistakes: []mistake{
		{True: 2, Predicted: 1, Probabilities: []float32{0.1, 0.5, 0.4}},
		{True: 0, Predicted: 2, Probabilities: []float32{0.4, 0, 0.6}},
	}}
	for _, s := range []mistakeSheet{iris.mistakeSheet(wide, mistakeColumns), iris.mistakeSheet(telephone, 2)} {
		assert.Equal(t, 2, s.columns)
		assert.GreaterOrEqual(t, s.room, textWidth(fontText-1, "versicolor"))
		assert.GreaterOrEqual(t, s.tile-s.room-mistakeNumber, shortestBar)
		is, taken := s.heading(iris.Mistakes[0])
		assert.Equal(t, []string{"is virginica", "taken for versicolor"}, []string{is, taken})
		assert.Equal(t, 2, s.lines)
		assert.GreaterOrEqual(t, s.tile, textWidth(fontText, taken))
	}
	digits := &testSummary{ImageRows: 8, ImageColumns: 8, Mistakes: make([]mistake, 12)}
	for i := range digits.Mistakes {
		digits.Mistakes[i] = mistake{True: 1, Predicted: 2, Probabilities: make([]float32, 10)}
	}
	s := digits.mistakeSheet(wide, mistakeColumns)
	assert.Equal(t, []int{6, 1}, []int{s.columns, s.lines})
	assert.InDelta(t, float64(wide), float64(s.drawing().width), 1e-9)
}

func TestCut(t *testing.T) {
	assert.Equal(t, "short", cut(fontText, 0, "short"))
	assert.Equal(t, "short", cut(fontText, 100, "short"))
	long := cut(fontText, 60, "a class with quite a long name, number 17")
	assert.True(t, strings.HasPrefix(long, "a cl") && strings.HasSuffix(long, "17") && strings.Contains(long, "…"), long)
	assert.LessOrEqual(t, textWidth(fontText, long), vg.Length(60))
	assert.Equal(t, "…", cut(fontText, 1, "ab")[len("a"):], "a letter stays")
}

// What the font cannot draw is a number.
func TestLabelOfLettersThatAreMissing(t *testing.T) {
	s := &testSummary{ClassNames: []string{"naïve", "日本語", "", "Žluťoučký"}}
	assert.Equal(t, []string{"naïve", "1", "2", "Žluťoučký", "4"}, []string{s.label(0), s.label(1), s.label(2), s.label(3), s.label(4)})
}

func TestConfusions(t *testing.T) {
	assert.Equal(t, [][]string{{"is", "taken for", "test rows"}, {exampleTest().ClassNames[1], "c", "3 of 10"}, {"a", exampleTest().ClassNames[1], "1 of 10"}},
		exampleTest().confusions().Rows)
}
