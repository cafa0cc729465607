package kernel

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCrossEntropyRoundings holds the gradients of rows that are computed several at once to less
// than TestFourUlps does, in more rows: the roundings of the quotient, of the difference from the
// label and of the product with the factor must not meet.
func TestCrossEntropyRoundings(t *testing.T) {
	for _, c := range append(classes, smoothedClasses...) {
		if !slices.Contains([]string{"rivals", "smoothed"}, c.name) {
			continue
		}
		for _, k := range []int{10, 51, 100} {
			b := newBlock[float32](400, k, c)
			var want []expected
			for i := range b.n {
				row := b.rows(i, i+1)
				_, grad := newRowWant(row.z, row.t, row.u).crossEntropy(row.t, float64(b.scale[i]))
				want = append(want, grad...)
			}
			for _, name := range implementations() {
				restore := forced(name)
				o := newOutputs[float32](b.n, k)
				require.Negative(t, CrossEntropy(o.loss, o.out, b.z, b.t, b.scale, k))
				for i, x := range want {
					require.LessOrEqual(t, x.ulps(float64(o.out[i]), true), 2.8, "%s, %s, k=%d: %d", name, c.name, k, i)
				}
				restore()
			}
		}
	}
}
