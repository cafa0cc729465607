package figure

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Styles returns how the lines of the series are drawn.
func (p Panel) Styles() []draw.LineStyle {
	out, next := make([]draw.LineStyle, len(p.Series)), 0
	for i, s := range p.Series {
		switch {
		case s.Pale && i > 0:
			out[i] = out[i-1]
		case s.Faint || s.Ring:
			out[i] = FaintStyle
		default:
			next = max(next, s.Colour)
			out[i] = LineStyles[next%len(LineStyles)]
			next++
		}
	}
	return out
}

// LegendRows returns the series in each line of the legend; where possible no line is wider than
// width.
func (p Panel) LegendRows(width vg.Length) [][]int {
	style := textStyle(FontText)
	rows, at := [][]int{nil}, vg.Length(0)
	if p.Legend != "" {
		at = style.Width(p.Legend) + legendGap/2
	}
	for i, s := range p.Series {
		if s.Name == "" || p.Names != nil || len(s.points()) == 0 {
			continue
		}
		need := style.Width(s.Name) + legendGap + legendSample + 5
		if at += need; at-legendGap > width && at > need {
			rows, at = append(rows, nil), need
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], i)
	}
	return rows
}

// drawHeader draws title and legend above the data area, from its left edge.
func (p Panel) drawHeader(c, data draw.Canvas) {
	rows := p.LegendRows(data.Max.X - data.Min.X)
	at := vg.Point{X: data.Min.X, Y: data.Max.Y + 9 + vg.Length(len(rows)-1)*legendLine}
	title := at
	if title.Y += 19; len(rows) == 1 && len(rows[0]) == 0 {
		title.Y = at.Y
	}
	c.FillText(textStyle(FontTitle), title, p.Title)
	style, lines := textStyle(FontText), p.Styles()
	if p.Legend != "" {
		c.FillText(style, at, p.Legend)
		at.X += style.Width(p.Legend) + legendGap/2
	}
	for _, row := range rows {
		for _, i := range row {
			at.X = p.Series[i].drawSample(c, at, lines[i])
		}
		at = vg.Point{X: data.Min.X, Y: at.Y - legendLine}
	}
}

// drawSample draws the line and the name of a series and returns where the next one begins.
func (s Series) drawSample(c draw.Canvas, at vg.Point, line draw.LineStyle) vg.Length {
	style := textStyle(FontText)
	mid := at.Y + style.Height("x")/2 - 1.2 // the height has room for what hangs below the line
	switch {
	case s.Bar:
		c.FillPolygon(s.barColour(line), []vg.Point{{X: at.X, Y: mid - 4}, {X: at.X + 10, Y: mid - 4},
			{X: at.X + 10, Y: mid + 4}, {X: at.X, Y: mid + 4}})
		at.X += 10
	case s.Ring:
		c.DrawGlyph(ringStyle, vg.Point{X: at.X + ringStyle.Radius, Y: mid})
		at.X += 2 * ringStyle.Radius
	case len(s.X) > 1:
		c.StrokeLine2(line, at.X, mid, at.X+legendSample, mid)
		at.X += legendSample
	default:
		mark := markOf(line)
		c.DrawGlyph(mark, vg.Point{X: at.X + mark.Radius, Y: mid})
		at.X += 2 * mark.Radius
	}
	at.X += 5
	c.FillText(style, at, s.Name)
	return at.X + style.Width(s.Name) + legendGap
}
