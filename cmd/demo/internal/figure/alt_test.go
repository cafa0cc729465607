package figure

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAlt(t *testing.T) {
	p := Panel{Title: "Loss", Series: []Series{
		{Name: "train", X: []float64{1, 2, 3, 4}, Y: []float64{2, 1, 0.51234, math.NaN()}},
		{Name: "lowest", Faint: true, X: []float64{1}, Y: []float64{0}},
		{Name: "rows", Bar: true, X: []float64{0.1, 0.2, 0.3}, Y: []float64{5, 6, 7}},
	}}
	assert.Equal(t, "Loss. train: 2 at 1, 0.512 at 3. rows: 5 at 0.1, 6 at 0.2, 7 at 0.3.", p.alt())
	named := Panel{Title: "Best", Names: []string{"ce", "mae"}, Series: []Series{{Name: "0.4", X: []float64{0, 1},
		Y: []float64{90, 95}}}}
	assert.Equal(t, "Best. 0.4: 90 at ce, 95 at mae.", named.alt())
}
