package demotest

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Picture reads a picture and wants it to be of a size, to show lines of the given colours, and to
// end nowhere at the edge of the sheet.
func Picture(t *testing.T, path string, size image.Point, colours ...color.Color) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(text))
	require.NoError(t, err)
	bounds := img.Bounds()
	assert.Equal(t, size, bounds.Size())
	const edge, dots = 6, 200
	found, cut := map[color.Color]int{}, 0
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := color.RGBAModel.Convert(img.At(x, y))
			found[c]++
			inside := image.Pt(x, y).In(bounds.Inset(edge))
			if !inside && c != (color.RGBA{R: 255, G: 255, B: 255, A: 255}) {
				cut++
			}
		}
	}
	assert.Zero(t, cut, "dots drawn within %d of the edge", edge)
	for _, c := range colours {
		assert.Greater(t, found[color.RGBAModel.Convert(c)], dots, "dots of colour %v", c)
	}
}
