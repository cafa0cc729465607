package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestInvalidLabelOfMaximum puts a label that is none at the largest logit, which long rows compute apart, sure of it or not.
func TestInvalidLabelOfMaximum(t *testing.T) {
	both(t, invalidAtMaximum[float32], invalidAtMaximum[float64])
}

func invalidAtMaximum[T Float](t *testing.T) {
	for _, k := range []int{1, 2, 9, 40, 41, 64, 65, 127, 1000, 2049} {
		b := newBlock[T](3, k, ordinary)
		for _, pos := range specialPositions(max(k, 2)) {
			at, top := &b.t[k+pos%k], &b.z[k+pos%k]
			label, logit := *at, *top
			for _, *top = range []T{20, logit} {
				for _, *at = range []T{-1, -1e-30, T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1))} {
					for _, f := range kernels[T]() {
						if f.labels {
							require.Equal(t, 1, f.results(b).bad, "%s k=%d: label %v of logit %v at %d", f.name, k, *at, *top, pos)
						}
					}
				}
			}
			*at, *top = label, logit
		}
	}
}
