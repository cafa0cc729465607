package figure

import (
	"image/color"
	"math"
)

// Colours of what is right and of what is wrong.
var (
	RightColour = color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}
	WrongColour = color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}
	White       = color.RGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}
	Black       = color.RGBA{A: 0xff}
)

// shade returns white at 0 and the colour at 1.
func shade(c color.RGBA, part float64) color.RGBA { return Blend(White, c, part) }

// Blend returns one colour at 0 and the other one at 1.
func Blend(from, to color.RGBA, part float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + part*(float64(b)-float64(a)) + 0.5) }
	return color.RGBA{R: mix(from.R, to.R), G: mix(from.G, to.G), B: mix(from.B, to.B), A: 0xff}
}

// luminance returns the relative luminance of a colour, 0 black to 1 white.
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

// Contrast returns that of two colours, 1 to 21; text needs 4.5.
func Contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// InkOn returns black or white, whichever is easier to read on a colour.
func InkOn(ground color.RGBA) color.RGBA {
	if Contrast(ground, White) > Contrast(ground, Black) {
		return White
	}
	return Black
}
