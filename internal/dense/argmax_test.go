package dense

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestArgmax(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		row  []float64
		want int
	}{
		{[]float64{3}, 0}, {[]float64{1, 3, 2}, 1}, {[]float64{2, 2}, 0}, {[]float64{1, 2, 2}, 1}, {[]float64{-inf, -1}, 1},
		{[]float64{nan, -inf}, 1}, {[]float64{1, nan}, 0}, {[]float64{nan, nan}, 0}, {[]float64{nan, 1, inf, nan}, 2},
		{nil, 0},
	} {
		assert.Equal(t, c.want, Argmax(c.row), "%v", c.row)
	}
}
