package kernel

import (
	"math"
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
	at := r.IntN(n)
	steepRows(t, l, z, labels, scale, k, at, at+1)
}

// TestSteepLossesOfOneLabel: so they are where one label's rounding is in all gradients of a row,
// of a class whose p is up to what the kernels of these losses take, and beyond.
func TestSteepLossesOfOneLabel(t *testing.T) {
	blocks := 200
	if testing.Short() {
		blocks = 10
	}
	for _, l := range []separableLoss{{Focal, 9}, {Focal, 20}, {Focal, 25}, {Focal, 33}, {AEL, 0.05}, {AEL, 1. / 32}} {
		r := rand.New(rand.NewPCG(33, 34))
		for range blocks {
			const n = 16
			k := 65 + r.IntN(64)
			z, labels := make([]float32, n*k), make([]float32, n*k)
			for i := range n {
				var others float64
				for j := i * k; j < (i+1)*k; j++ {
					z[j] = float32(r.NormFloat64())
					others += math.Exp(float64(z[j]))
				}
				y := i*k + r.IntN(k)
				others -= math.Exp(float64(z[y]))
				p := 0.15 * r.Float64()
				z[y], labels[y] = float32(math.Log(others*p/(1-p))), r.Float32()
			}
			steepRows(t, l, z, labels, []float32{1 + r.Float32()}, k, 0, n)
		}
	}
}

// steepRows evaluates rows of k classes, and those from to end alone, too, which it looks at.
func steepRows(t *testing.T, l separableLoss, z, labels, scale []float32, k, from, end int) {
	loss, grad, scratch := make([]float64, len(z)/k), make([]float32, len(z)), make([]float32, 2*k)
	eachImplementation(t, func(t *testing.T) {
		require.Equal(t, -1, Separable(l.family, l.a, loss, grad, z, labels, scale, scratch, k))
		for at := from; at < end; at++ {
			alone, aloneGrad := make([]float64, 1), make([]float32, k)
			of := func(x []float32) []float32 { return x[at*k : (at+1)*k] }
			Separable(l.family, l.a, alone, aloneGrad, of(z), of(labels), scale, scratch, k)
			require.Equal(t, loss[at], alone[0])
			require.Equal(t, of(grad), aloneGrad)
			w := newRowWant(of(z), of(labels), nil)
			wantLoss, wantGrad := w.separable(of(labels), l.family, l.a, float64(scale[0]))
			if off := wantLoss.ulps(loss[at], true); !(off <= 4) {
				require.Fail(t, "loss", "%v k=%d: got %v, want %v, off %v", l, k, loss[at], wantLoss.v.Hi, off)
			}
			for j, x := range wantGrad {
				if off := x.ulps(float64(aloneGrad[j]), true); !(off <= 4) {
					require.Fail(t, "gradient", "%v k=%d class %d: got %v, want %v, off %v", l, k, j, aloneGrad[j], x.v.Hi, off)
				}
			}
		}
	})
}
