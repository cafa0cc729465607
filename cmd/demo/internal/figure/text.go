package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	plottext "gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Words writes text of a size at a point: 0 begins there, 0.5 is centred, 1 ends there. What is
// wider than most is cut, see [cut].
func Words(c draw.Canvas, size vg.Length, colour color.Color, at vg.Point, align float64, most vg.Length,
	content string) {
	style := textStyle(size)
	style.Color = colour
	content = cut(size, most, content)
	at.X -= style.Width(content) * vg.Length(align)
	c.FillText(style, at, content)
}

// cut leaves out the middle of what is wider than most, if that is above 0: names of a kind often
// differ at the end.
func cut(size, most vg.Length, content string) string {
	style, r := textStyle(size), []rune(content)
	for keep := len(r) - 1; most > 0 && style.Width(content) > most && keep > 0; keep-- {
		content = string(r[:(keep+1)/2]) + "…" + string(r[len(r)-keep/2:])
	}
	return content
}

// Upright writes text that is read from below, centred on the line above a point.
func Upright(c draw.Canvas, size vg.Length, colour color.Color, at vg.Point, most vg.Length, content string) {
	style := textStyle(size)
	style.Color, style.Rotation, style.YAlign = colour, math.Pi/2, draw.YCenter
	c.FillText(style, at, cut(size, most, content))
}

// TextWidth returns the width of text of a size.
func TextWidth(size vg.Length, content string) vg.Length { return textStyle(size).Width(content) }

// Drawable reports whether the font has all the letters of a text.
func Drawable(content string) bool {
	style := textStyle(FontText)
	face := style.Handler.Cache().Lookup(style.Font, style.Font.Size).Face
	for _, r := range content {
		if i, err := face.GlyphIndex(nil, r); err != nil || i == 0 {
			return false
		}
	}
	return content != ""
}

// textStyle returns the style of text of a size that begins at a point and stands on it.
func textStyle(size vg.Length) plottext.Style {
	style := plot.New().Title.TextStyle
	style.Font.Variant, style.Font.Size = fontVariant, size
	style.XAlign, style.YAlign = draw.XLeft, draw.YBottom
	return style
}
