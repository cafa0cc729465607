package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSteepLosses: losses so steep in p that what float32 loses of it counts are within 4 ulp in
// float32, of rows with one large p, some or none, soft labels and one-hot ones, together and
// alone.
func TestSteepLosses(t *testing.T) {
	rows := 3000
	if testing.Short() {
		rows = 300
	}
	for _, l := range []separableLoss{{Focal, 9}, {Focal, 14.3}, {Focal, 20}, {Focal, 33}, {Focal, 33.5}, {AEL, 0.1},
		{AEL, 0.05}, {AEL, 1. / 32}} {
		r := rand.New(rand.NewPCG(31, 32))
		for done := 0; done < rows; done += 17 {
			steepBlock(t, l, r, 65+r.IntN(64))
		}
	}
}

// steepBlock evaluates a block of rows of k classes, and one of them alone.
func steepBlock(t *testing.T, l separableLoss, r *rand.Rand, k int) {
	const n = 17
	z, labels, scale := make([]float32, n*k), make([]float32, n*k), []float32{1}
	for i := range n {
		spread, offset := []float64{0.1, 1, 2, 3}[r.IntN(4)], []float64{0, 300}[r.IntN(2)]
		for j := i * k; j < (i+1)*k; j++ {
			z[j] = float32(offset + spread*r.NormFloat64())
			if i%3 > 0 {
				labels[j] = r.Float32()
			}
		}
		labels[i*k+r.IntN(k)] = 1
		if r.IntN(2) == 0 {
			z[i*k+r.IntN(k)] += 20 * r.Float32()
		}
	}
	loss, grad, scratch := make([]float64, n), make([]float32, n*k), make([]float32, 2*k)
	eachImplementation(t, func(t *testing.T) {
		require.Equal(t, -1, Separable(l.family, l.a, loss, grad, z, labels, scale, scratch, k))
		at := r.IntN(n)
		alone, aloneGrad := make([]float64, 1), make([]float32, k)
		of := func(x []float32) []float32 { return x[at*k : (at+1)*k] }
		Separable(l.family, l.a, alone, aloneGrad, of(z), of(labels), scale, scratch, k)
		require.Equal(t, loss[at], alone[0])
		require.Equal(t, of(grad), aloneGrad)
		w := newRowWant(of(z), of(labels), nil)
		wantLoss, wantGrad := w.separable(of(labels), l.family, l.a, 1)
		require.LessOrEqual(t, wantLoss.ulps(loss[at], true), 4.0, "%v k=%d: got %v, want %v", l, k, loss[at], wantLoss.v.Hi)
		for j, x := range wantGrad {
			got := float64(aloneGrad[j])
			require.LessOrEqual(t, x.ulps(got, true), 4.0, "%v k=%d class %d: got %v, want %v", l, k, j, got, x.v.Hi)
		}
	})
}
