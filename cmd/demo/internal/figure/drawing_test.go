package figure

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A drawing in a page is one element, whatever the names in it are.
func TestSVG(t *testing.T) {
	const name = `</text><script>alert("1 & 2")</script>`
	p := Panel{Title: name, XLabel: name, Names: []string{name},
		Series: []Series{{Name: name, X: []float64{0}, Y: []float64{1}}}}
	d := Figure{Panels: [][]Panel{{p}}, Width: Narrow, Height: Narrow}.Drawing()
	d.Alt = `"` + name
	svg, err := d.SVG()
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(svg, `<svg viewBox="0 0 396 396" role="img" aria-label="&#34;&lt;/text`), svg[:100])
	assert.NotContains(t, svg, "<script")
	assert.NotContains(t, svg, "http")
	var all struct {
		XMLName xml.Name
		Texts   []string `xml:"g>text"`
	}
	require.NoError(t, xml.Unmarshal([]byte(svg), &all))
	assert.Equal(t, "svg", all.XMLName.Local)
	assert.Contains(t, all.Texts, name)
}
