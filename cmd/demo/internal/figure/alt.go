package figure

import (
	"fmt"
	"strings"
)

// alt says what a panel shows to those who cannot see it: of a line where it begins and ends, of
// bars and of named values all of them.
func (p Panel) alt() string {
	text := p.Title + "."
	for _, s := range p.Series {
		points := s.points()
		if len(points) == 0 || s.Faint {
			continue
		}
		if !s.Bar && len(points) > 2 && p.Names == nil {
			points = append(points[:1:1], points[len(points)-1])
		}
		var said []string
		for _, at := range points {
			x := fmt.Sprintf("%.3g", at.X)
			if i := int(at.X); i >= 0 && i < len(p.Names) {
				x = p.Names[i]
			}
			said = append(said, fmt.Sprintf("%.3g at %s", at.Y, x))
		}
		text += fmt.Sprintf(" %s: %s.", s.Name, strings.Join(said, ", "))
	}
	return text
}
