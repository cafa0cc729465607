//go:build !purego

package vec

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestSignOfZero is p = t to the last bit, where sign(p - t) is 0: what hardly a softmax gives,
// given to the row functions.
func TestSignOfZero(t *testing.T) { onUnits(t, signOfZero[float32], signOfZero[float64]) }

func signOfZero[T spec.Float](t *testing.T, _ unit[T]) {
	for n := 1; n <= 70; n++ {
		p, labels, want := make([]T, n), make([]T, n), make([]T, n)
		var sum, delta T
		const c, sa, f = 0.5, 1, 4
		for i := range p { // c p is t in two of three
			p[i], labels[i] = T(i%5)/8, T(i%5)/16
			if i%3 == 0 {
				labels[i] += 0.25 * T(i%2)
				p[i]++
			}
			d := c*p[i] - labels[i]
			sum += T(math.Abs(float64(d)))
			delta += (sa - T(spec.Sign(float64(d)))) * p[i]
		}
		for i := range p {
			want[i] = f * p[i] * ((T(spec.Sign(float64(c*p[i]-labels[i]))) - sa) + delta)
		}
		v := wideOf[T]()
		wide := make([]float64, n)
		for i, x := range p {
			wide[i] = float64(x)
		}
		s, d, bad := v.maeSum(nil, &wide[0], &labels[0], n, n, c, sa)
		require.Zero(t, bad)
		require.Equal(t, []float64{float64(sum), float64(delta)}, []float64{s, d}, "n=%d",
			n) // all of them are multiples of 1/16
		v.maeGrad(&p[0], &wide[0], &labels[0], n, c, sa, d, f)
		require.Equal(t, want, p, "n=%d", n)
	}
}
