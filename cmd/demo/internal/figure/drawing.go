package figure

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"softloss/internal/durable"
)

// Drawing is a sheet with something on it.
type Drawing struct {
	Alt           string // what is to be seen, for those who cannot
	Width, Height vg.Length
	Paint         func(draw.Canvas) error
	Small         *Drawing // the same for a telephone; nil when this one will do
	Dark          *Drawing // the same on a dark ground; nil where black and white may change places
	Scroll        bool     // in the report it is moved sideways where it has no room, not made smaller
}

// FillBox fills a rectangle.
func FillBox(c draw.Canvas, x, y, width, height vg.Length, colour color.Color) {
	c.FillPolygon(colour, []vg.Point{{X: x, Y: y}, {X: x + width, Y: y}, {X: x + width, Y: y + height},
		{X: x, Y: y + height}})
}

// PNG returns the drawing on a white sheet.
func (d Drawing) PNG() ([]byte, error) {
	img := vgimg.NewWith(vgimg.UseWH(d.Width, d.Height), vgimg.UseDPI(DotsPerInch))
	if err := d.Paint(draw.New(img)); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: img}.WriteTo(&b)
	return b.Bytes(), err
}

// Write stores the drawing as a PNG file.
func (d Drawing) Write(path string) error {
	content, err := d.PNG()
	if err != nil {
		return err
	}
	return durable.WriteFile(path, content)
}

// SVG returns the drawing as an element of a page, as wide as the room that it gets. Letters are
// those of the reader's computer, of a font as wide as the one that the drawing was measured with.
func (d Drawing) SVG() (string, error) {
	canvas := vgsvg.NewWith(vgsvg.UseWH(d.Width, d.Height))
	if err := d.Paint(draw.New(canvas)); err != nil {
		return "", err
	}
	var b strings.Builder
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", err
	}
	_, content, _ := strings.Cut(b.String(), "<g ") // behind the head of a file
	content = strings.ReplaceAll(content, "font-family:Liberation Sans;font-variant:normal;font-weight:normal;"+
		"font-style:normal;", "")
	content = strings.ReplaceAll(content, "data:image/jpg", "data:image/png") // which it is
	return fmt.Sprintf("<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"%s\">\n<g %s",
		d.Width.Points(), d.Height.Points(), html.EscapeString(d.Alt), content), nil
}
