package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestSmoothElements: the labels are the specification's, for every length, and say whether all are
// shares; nothing is written behind them.
func TestSmoothElements(t *testing.T) { both(t, smoothElements[float32], smoothElements[float64]) }

func smoothElements[T Float](t *testing.T) {
	for n := range 70 {
		_, label, _, _ := elements[T](n, "soft")
		w := make([]float64, n)
		for i := range w {
			w[i] = float64(i%7) / 3
		}
		for _, s := range []ElementSmoothing{{Keep: 1}, {Keep: 0.9, Add: 0.05}, {Keep: 0.75, Yes: 0.2, No: 0.05}} {
			for _, w := range [][]float64{nil, w} {
				yes, no := make([]T, n+1), make([]T, n+1)
				yes[n], no[n] = 7, 7
				require.True(t, SmoothElements(yes[:n], no[:n], label, w, s))
				for i, v := range label {
					y, u := float64(v), 1-float64(v)
					if w != nil {
						y *= w[i]
					}
					require.InEpsilon(t, 1+s.Keep*y+s.Add+s.Yes*(y+u), 1+float64(yes[i]), float64(numtest.Ulp(T(1))), "yes")
					require.InEpsilon(t, 1+s.Keep*u+s.Add+s.No*(y+u), 1+float64(no[i]), float64(numtest.Ulp(T(1))), "no")
				}
				require.True(t, yes[n] == 7 && no[n] == 7)
			}
		}
		for pos := range n {
			for _, bad := range []T{-0.5, 1.5, T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1))} {
				was := label[pos]
				label[pos] = bad
				require.False(t, SmoothElements(make([]T, n), make([]T, n), label, nil, ElementSmoothing{Keep: 1}),
					"n=%d: %v at %d", n, bad, pos)
				label[pos] = was
			}
		}
	}
}
