package losses

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPartsOf(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, c := range []struct{ n, k, want int }{
		{0, 1, 1}, {1, 1, 1}, {1000, 64, 1}, {2 * grain, 1, 2}, {2*grain - 1, 1, 1}, {3, grain, 3}, {100, grain, 4},
	} {
		assert.Equal(t, c.want, partsOf(c.n, c.k), "%+v", c)
	}
}
