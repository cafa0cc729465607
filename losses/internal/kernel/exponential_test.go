package kernel

import (
	"math"
	"testing"

	"softloss/internal/numtest"
)

// TestExponentialEnds: the polynomial of the float64 exponential is near at the ends of its
// interval, too, where it is the least so: the errors of many exponentials there have the mean of
// those in the middle, but for a quarter of an ulp.
func TestExponentialEnds(t *testing.T) {
	const k = 1201
	for _, end := range []float64{-0.495, 0.495} { // of log 2
		z := make([]float64, k)
		for j := 1; j < k; j++ {
			z[j] = -(float64(1+j/2%20) + end*float64(j%2) + 1e-6*float64(j)) * math.Ln2
		}
		want := numtest.NewSoftmax(z)
		eachImplementation(t, func(t *testing.T) {
			p := make([]float64, k)
			Softmax(p, z, k)
			var mean [2]float64 // in the middle and at the end
			for j := 1; j < k; j++ {
				mean[j%2] += 0x1p53 * numtest.Num(p[j]).Sub(want.P[j]).Hi / want.P[j].Hi / (k / 2)
			}
			t.Logf("%.2f of 2^-53, %.2f at %v log 2", mean[0], mean[1], end)
			atMost(t, math.Abs(mean[1]-mean[0]), 0.5, "of 2^-53, the means of the errors at 0 and %v log 2", end)
		})
	}
}
