package kernel

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// TestSigmoidByLabel holds the derivatives by labels to the specification, to 64 ulp of float64 of
// their terms, for any number of elements, and wants nothing to be written beside them.
func TestSigmoidByLabel(t *testing.T) { both(t, sigmoidByLabel[float32], sigmoidByLabel[float64]) }

func sigmoidByLabel[T Float](t *testing.T) {
	for _, l := range []ByLabel{{Kind: AbsoluteByLabel}, {Kind: DivergenceByLabel}, {Kind: SparsemaxByLabel},
		{Kind: Entmax15ByLabel}, {Kind: SymmetricByLabel, A: 0.1, B: 1, C: -6}, {Kind: SymmetricByLabel, B: 2, C: -0.5},
		{Kind: BiTemperedByLabel, A: 0.8, B: 1.2}, {Kind: BiTemperedByLabel, A: 0.3, B: 2.7},
		{Kind: BiTemperedByLabel, A: 0.9, B: 1.1}, {Kind: BiTemperedByLabel, B: 2}, {Kind: BiTemperedByLabel, A: 1, B: 1}} {
		for _, labels := range []string{"shares", "soft", "hard"} {
			for n := range 70 {
				z, yes, no, _ := elements[T](n, labels)
				want, got := make([]float64, n), make([]float64, n+1)
				spec.SigmoidByLabel(l, want, z, yes, no)
				got[n] = 7
				SigmoidByLabel(l, got[:n], z, yes, no)
				require.Equal(t, 7., got[n])
				tolerance := 64 * 0x1p-52
				if l.Kind == BiTemperedByLabel && elementSize[T]() == 4 { // the steps to its logits
					tolerance = 1e-10
				}
				for i, x := range want {
					terms := 1 + math.Abs(float64(z[i]))
					if l.Kind == SymmetricByLabel {
						terms += math.Abs(x) + math.Exp(-l.C)
					}
					require.True(t, numtest.Close(got[i], x, 0, tolerance*terms), "%v %s of %d: z=%v, label %v: %v, want %v",
						l, labels, n, z[i], yes[i], got[i], x)
				}
			}
		}
	}
}

// TestApart holds what a label of yes costs more than one of no to a rounding of float32, of
// float32 logits of all sizes, where there is a kernel of that.
func TestApart(t *testing.T) {
	stride := uint32(1999)
	if testing.Short() {
		stride = 39989
	}
	var z []float32
	for bits := math.Float32bits(0x1p-20); bits < math.Float32bits(700); bits += stride {
		z = append(z, math.Float32frombits(bits), -math.Float32frombits(bits))
	}
	z = append(z, float32(math.Inf(-1)), float32(math.Inf(1)), float32(math.NaN()), 0)
	wide, ones, minus := make([]float64, len(z)), make([]float64, len(z)), make([]float64, len(z))
	Widen(wide, z)
	for i := range z {
		ones[i], minus[i] = 1, -1
	}
	hold := func(name string, difference func(dst, z, yes, no []float64), run func(dst []float64, z []float32) bool) {
		t.Run(name, func(t *testing.T) {
			got, want := make([]float64, len(z)+1), make([]float64, len(z))
			got[len(z)] = 7
			if !run(got[:len(z)], z) {
				return
			}
			require.Equal(t, 7., got[len(z)])
			restore := forced("specification")
			difference(want, wide, ones, minus)
			restore()
			for i, x := range want {
				require.True(t, numtest.Close(got[i], x, 0x1p-23, 0x1p-50), "z=%v: %v, want %v", z[i], got[i], x)
			}
			for n := range 40 {
				part := make([]float64, n+1)
				run(part[:n], z[len(z)-n:])
				for i, x := range part[:n] {
					require.Equal(t, math.Float64bits(got[len(z)-n+i]), math.Float64bits(x))
				}
				require.Zero(t, part[n])
			}
		})
	}
	for _, l := range []separableLoss{{GCE, 0.7}, {GCE, 1}, {GCE, 0.5}, {GCE, 0.1}, {Focal, 0}, {Focal, 0.5}, {Focal, 2},
		{Focal, 3.5}, {Focal, 9}, {Poly1, 1.5}, {Poly1, -0.5}, {AGCE(1), 2}, {AGCE(0.6), 0.6}, {AUL(2), 2}, {AUL(1.01), 3},
		{AEL, 2}, {AEL, 0.1}} {
		hold(fmt.Sprint(l), func(dst, z, yes, no []float64) {
			SigmoidSeparable(l.family, l.a, dst, nil, z, yes, no, ones[:1])
		}, func(dst []float64, z []float32) bool { return SeparableApart(l.family, l.a, dst, z) })
	}
	hold("normalised", func(dst, z, yes, no []float64) {
		SigmoidQuestion(Question{Kind: Normalised}, dst, nil, z, yes, no, ones[:1])
	}, NormalisedApart[float32])
}
