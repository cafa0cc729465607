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

// Drawing is the figure as a drawing.
func (f Figure) Drawing() Drawing { return Drawing{Width: f.Width, Height: f.Height, Paint: f.draw} }

// Single are the panels of a figure one by one, of a width that a telephone shows.
func (f Figure) Single() (out []Drawing) {
	for _, row := range f.Panels {
		for _, p := range row {
			d := Figure{Panels: [][]Panel{{p}}, Width: Narrow, Height: 4 * vg.Inch}.Drawing()
			d.Alt = p.Title
			out = append(out, d)
		}
	}
	return out
}

// FillBox fills a rectangle.
func FillBox(c draw.Canvas, x, y, width, height vg.Length, colour color.Color) {
	c.FillPolygon(colour, []vg.Point{{X: x, Y: y}, {X: x + width, Y: y}, {X: x + width, Y: y + height}, {X: x, Y: y + height}})
}

// DrawPNG draws on a white sheet.
func DrawPNG(width, height vg.Length, paint func(draw.Canvas) error) ([]byte, error) {
	img := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(DotsPerInch))
	if err := paint(draw.New(img)); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: img}.WriteTo(&b)
	return b.Bytes(), err
}

// WritePNG stores what is drawn as a file.
func WritePNG(path string, width, height vg.Length, paint func(draw.Canvas) error) error {
	content, err := DrawPNG(width, height, paint)
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o666)
}

// DataURL is the drawing in an address.
func (d Drawing) DataURL() (string, error) {
	content, err := DrawPNG(d.Width, d.Height, d.Paint)
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(content), err
}
