package kernel

// Inputs that simple arithmetic gets wrong.

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGCEShifted: a shift of the logits that is exact changes no loss by more than float64 does
// otherwise.
func TestGCEShifted(t *testing.T) { both(t, gceShifted[float32], gceShifted[float64]) }

func gceShifted[T Float](t *testing.T) {
	const k = 1000
	narrow := elementSize[T]() == 4
	b := newBlock[T](1, k, ordinary)
	for j := range b.z {
		b.z[j] = T(math.Round(256*float64(b.z[j])) / 256)
	}
	for _, q := range []float64{0.1, 0.7, 1} {
		for _, shift := range []T{0, 100, -100, 1000, -3000, 8000, -8000} {
			z := append([]T(nil), b.z...)
			for j := range z {
				z[j] += shift
			}
			o := newOutputs[T](1, k)
			Separable(GCE, q, o.loss, o.out, z, b.t, b.scale, o.scratch, k)
			loss, grad := newRowWant(z, b.t, b.u).separable(b.t, GCE, q, float64(b.scale[0]))
			most := 64.0
			if narrow {
				most = 4
			}
			require.LessOrEqual(t, loss.ulps(o.loss[0], narrow), most, "q=%v shift %v: loss", q, shift)
			for j, x := range grad {
				require.LessOrEqual(t, x.ulps(float64(o.out[j]), narrow), most, "q=%v shift %v: gradient %d", q,
					shift, j)
			}
		}
	}
}

// TestTailOfRivals: many exponentials of half an ulp beside one large one in every lane are not
// lost.
func TestTailOfRivals(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, k := range []int{100, 512, 1000} {
			for _, rivals := range []int{9, 16, 32} {
				z, y := make([]float32, k), make([]float32, k)
				for j := rivals; j < k; j++ {
					z[j] = -16.65
				}
				y[k-1] = 1
				w := newRowWant(z, y, y)
				o := newOutputs[float32](1, k)
				for what, run := range map[string]func() (expected, []expected){
					"MAE": func() (expected, []expected) {
						SeparableIndex(Absolute, 0, o.loss, o.out, z, []int{k - 1}, []float32{1}, o.scratch, k)
						return w.mae(y, 1)
					},
					"CE": func() (expected, []expected) {
						CrossEntropyIndex(o.loss, o.out, z, []int{k - 1}, []float32{1}, k)
						return w.crossEntropy(y, 1)
					},
				} {
					_, grad := run()
					for j, x := range grad {
						require.LessOrEqual(t, x.ulps(float64(o.out[j]), true), 4.0,
							"%s k=%d, %d rivals: gradient %d", what, k, rivals, j)
					}
				}
			}
		}
	})
}

// TestLargeScale: a factor of the gradient whose product with the labels' sum is beyond the element
// type makes no NaN, and infinities only of what is.
func TestLargeScale(t *testing.T) { both(t, largeScale[float32], largeScale[float64]) }

func largeScale[T Float](t *testing.T) {
	scale := T(1e38)
	if elementSize[T]() == 8 {
		scale *= T(math.Pow(2, 896))
	}
	for _, k := range []int{5, 80} {
		b := newBlock[T](1, k, ordinary)
		b.scale = []T{scale}
		for j := range b.t {
			b.t[j] = 1
		}
		b.z[1], b.t[1], b.z[2], b.t[2] = T(math.Inf(-1)), 0, T(-1e4), 0
		for _, f := range kernels[T]() {
			if f.noLogits {
				continue
			}
			got := f.results(b)
			restore := forced("specification")
			want := f.results(b)
			restore()
			for j, g := range got.out {
				require.Equal(t, math.IsNaN(float64(want.out[j])), math.IsNaN(float64(g)),
					"%s k=%d: %d is %v, the specification's %v", f.name, k, j, g, want.out[j])
				require.Equal(t, math.IsInf(float64(want.out[j]), 0), math.IsInf(float64(g), 0),
					"%s k=%d: %d is %v, the specification's %v", f.name, k, j, g, want.out[j])
			}
		}
	}
}

// TestAbsoluteOfLabels: soft labels of every family are those of the specification.
func TestAbsoluteOfLabels(t *testing.T) {
	both(t, absoluteOfLabels[float32], absoluteOfLabels[float64])
}

func absoluteOfLabels[T Float](t *testing.T) {
	for _, k := range []int{5, 80} {
		b := newBlock[T](1, k, ordinary)
		o := newOutputs[T](1, k)
		Separable(Absolute, 0, o.loss, o.out, b.z, b.t, b.scale, o.scratch, k)
		loss, _ := newRowWant(b.z, b.t, b.u).separable(b.t, Absolute, 0, 1)
		require.InEpsilon(t, loss.v.Hi, o.loss[0], 1e-5, "k=%d", k)
	}
}

// TestMAESigns: some labels next to the prediction among others, float32: which is larger takes
// more digits than the rest.
func TestMAESigns(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, k := range []int{10, 80, 300, 1000} {
			b := newBlock[float32](1, k, ordinary)
			p := make([]float32, k)
			Softmax(p, b.z, k)
			for j := 0; j < k; j += 3 {
				b.t[j] = math.Nextafter32(p[j], float32(j%2))
			}
			o := newOutputs[float32](1, k)
			MAE(o.loss, o.out, b.z, b.t, b.scale, o.wide, o.scratch, k)
			loss, grad := newRowWant(b.z, b.t, b.u).mae(b.t, float64(b.scale[0]))
			require.LessOrEqual(t, loss.ulps(o.loss[0], true), 4.0, "k=%d: %v, want %v", k, o.loss[0], loss.v.Hi)
			for j, g := range grad {
				require.LessOrEqual(t, g.ulps(float64(o.out[j]), true), 4.0, "k=%d %d: %v, want %v", k, j, o.out[j], g.v.Hi)
			}
		}
	})
}

// TestMAENearLabels: labels near the prediction, float32.
func TestMAENearLabels(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, signs := range [][]float32{{-1, 0, 1}, {-1, 1}} {
			for _, k := range []int{10, 80, 1000} {
				b := newBlock[float32](1, k, ordinary)
				Softmax(b.t, b.z, k)
				for j := range b.t {
					b.t[j] *= 1 + 0x1p-10*signs[j%len(signs)]
				}
				o := newOutputs[float32](1, k)
				MAE(o.loss, o.out, b.z, b.t, b.scale, o.wide, o.scratch, k)
				loss, _ := newRowWant(b.z, b.t, b.u).mae(b.t, 1)
				require.LessOrEqual(t, loss.ulps(o.loss[0], true), 4.0, "k=%d: %v, want %v", k, o.loss[0], loss.v.Hi)
			}
		}
	})
}
