package figure

import (
	"bytes"
	"encoding/base64"
	"image/color"
	"os"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Drawing is a sheet with something on it.
type Drawing struct {
	Alt           string // what is to be seen, for those who cannot
	Width, Height vg.Length
	Paint         func(draw.Canvas) error
	Small         *Drawing // the same for a telephone; nil when this one will do
	Dark          *Drawing // the same on a dark ground; nil where one may turn the colours of this one round
	Scroll        bool     // in the report it is moved sideways where it has no room, not made smaller
}

// FillBox fills a rectangle.
func FillBox(c draw.Canvas, x, y, width, height vg.Length, colour color.Color) {
	c.FillPolygon(colour, []vg.Point{{X: x, Y: y}, {X: x + width, Y: y}, {X: x + width, Y: y + height},
		{X: x, Y: y + height}})
}

// PNG is the drawing on a white sheet.
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
	return os.WriteFile(path, content, 0o666)
}

// DataURL is the drawing in an address.
func (d Drawing) DataURL() (string, error) {
	content, err := d.PNG()
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(content), err
}
