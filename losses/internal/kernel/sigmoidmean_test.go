package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSigmoidMeanError holds the root of the mean square of the errors of hard labels to less than
// an ulp. That tells of a correction with a wrong sign, for what rounding took from an exponential,
// where no error is larger than 4.
func TestSigmoidMeanError(t *testing.T) {
	s := sweep(39989)
	n := len(s.z)
	loss, grad, want, wantGrad := make([]float64, n), make([]float32, n), make([]float64, n), make([]float64, n)
	for _, l := range sweptLosses() {
		restore := forced("specification")
		l.double(want, wantGrad, s.z64, s.yes64, s.no64, []float64{float64(float32(0.7))})
		restore()
		eachImplementation(t, func(t *testing.T) {
			require.True(t, l.single(loss, grad, s.z, s.yes, s.no, []float32{0.7}))
			var losses, grads, count float64
			for i := range n {
				if i%sweptAll < sweptHard && math.Abs(want[i]) > 0x1p-120 && math.Abs(wantGrad[i]) > 0x1p-120 {
					losses += math.Pow(sweptUlps(loss[i], want[i]), 2)
					grads += math.Pow(sweptUlps(float64(grad[i]), wantGrad[i]), 2)
					count++
				}
			}
			losses, grads = math.Sqrt(losses/count), math.Sqrt(grads/count)
			t.Logf("%s: %.2f ulp, gradient %.2f", l.name, losses, grads)
			atMost(t, max(losses, grads), 1, "%s", l.name)
		})
	}
}
