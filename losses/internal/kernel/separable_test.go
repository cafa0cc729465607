package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// separableLoss is a member of the family.
type separableLoss struct {
	family Family
	a      float64
}

// parameters are those between and beyond the ones of families: every exponent has a polynomial or
// a kernel of its own.
var separableParameters = []separableLoss{
	{GCE, 1e-200}, {GCE, 1e-40}, {GCE, 1e-20}, {GCE, 1e-6},
	{GCE, 1e-3}, {GCE, 0.01}, {GCE, 0.02}, {GCE, 0.05}, {GCE, 0.0999}, {GCE, 0.11},
	{GCE, 0.37}, {GCE, 0.95},
	{Focal, 1e-6}, {Focal, 0.1}, {Focal, 0.77}, {Focal, 1.001}, {Focal, 1.3}, {Focal, 2.7}, {Focal, 3}, {Focal, 4},
	{Focal, 6}, {Focal, 6.6}, {Focal, 7}, {Focal, 7.3}, {Focal, 8.5}, {Focal, 20},
	{Poly1, -0.999}, {Poly1, -0.5}, {Poly1, 1e-9}, {Poly1, 0.1}, {Poly1, 10}, {Poly1, 1000},
	{AGCE(1), 0.5}, {AGCE(0.3), 1}, {AGCE(0.05), 3}, {AGCE(100), 16}, {AGCE(100), 1e-3}, {AGCE(4), 0.2},
	{AGCE(1e-40), 2}, {AGCE(1e-12), 3},
	{AGCE(0.01), 0.7}, {AGCE(0.25), 1.5}, {AGCE(0.2), 0.3}, {AGCE(0.35), 2.478}, {AGCE(2), 2}, {AUL(2), 2}, {AEL, 2},
	{AGCE(0.1), 0.5}, {AUL(1.01), 0.5}, {AUL(1.01), 2}, {AUL(1.5), 0.3}, {AUL(100), 16}, {AUL(3), 1},
	{AEL, 0.01}, {AEL, 0.05}, {AEL, 0.3}, {AEL, 3.5}, {AEL, 1e6},
}

// TestParameters holds float32 to 4 ulp and float64 to its limit for many parameters, rows in tiles
// and others, with and without large exponentials, soft labels and one-hot rows.
func TestParameters(t *testing.T) { both(t, parametersOf[float32], parametersOf[float64]) }

func parametersOf[T Float](t *testing.T) {
	dominant := class{"dominant",
		func(r *rand.Rand, z, t []float64) { // the largest p is anywhere between 0.01 and 0.99
			for j := range z {
				z[j] -= math.Log(float64(len(z)))
			}
			z[r.IntN(len(z))] = 9*r.Float64() - 4.5
		}}
	far := class{"far", func(r *rand.Rand, z, t []float64) { // the labels are of p about exp(-40)
		a := r.IntN(len(z))
		for j := range z {
			z[j] -= 40
		}
		z[a], t[a] = 0, 0
	}}
	narrow, ks := elementSize[T]() == 4, []int{2, 7, 40, 41, 64, 65, 600}
	if testing.Short() {
		ks = ks[:len(ks)-1]
	}
	for _, l := range separableParameters {
		for _, c := range []class{ordinary, dominant, far} {
			for _, k := range ks {
				b := newBlock[T](3, k, c)
				o := newOutputs[T](b.n, k)
				require.Equal(t, -1, Separable(l.family, l.a, o.loss, o.out, b.z, b.t, b.scale, o.scratch, k))
				hard := newOutputs[T](b.n, k)
				SeparableIndex(l.family, l.a, hard.loss, hard.out, b.z, b.index, b.scale, hard.scratch, k)
				for i := range b.n {
					row := b.rows(i, i+1)
					w := newRowWant(row.z, row.t, row.u)
					hot := make([]T, k)
					hot[row.index[0]] = 1
					check := func(o *outputs[T], labels []T) {
						loss, grad := w.separable(labels, l.family, l.a, float64(row.scale[0]))
						for j, x := range append(grad, loss) {
							got, most := o.loss[i], 4.0
							if j < k {
								got = float64(o.out[i*k+j])
							}
							if !narrow { // the argument of p^a is rounded; (1-p)^a is a product
								most = 4 * (16 + l.a + x.gap + float64(k)/16)
								if l.family == AEL { // that of exp(-p/a), too
									most += 4 / l.a
								}
							}
							if u := x.ulps(got, narrow); !(u <= most) {
								require.LessOrEqual(t, u, most, "%v k=%d %s row %d: %s %d is %v, want %v", l, k,
									c.name, i, x.what, j, got, x.v.Hi)
							}
						}
					}
					check(o, row.t)
					check(hard, hot)
				}
			}
		}
	}
}

// elementSize is 4 or 8.
func elementSize[T Float]() int {
	if _, ok := any(T(0)).(float32); ok {
		return 4
	}
	return 8
}

// TestParametersInTurn wants of every loss the same after another as after itself: what is kept
// between calls depends on the family and on the parameter.
func TestParametersInTurn(t *testing.T) { both(t, inTurn[float32], inTurn[float64]) }

func inTurn[T Float](t *testing.T) {
	all := []separableLoss{{AGCE(1), 3}, {AUL(2), 3}, {AEL, 3}, {AGCE(2), 3},
		{GCE, 1}, {Focal, 1}, {Poly1, 1}, {GCE, 0.5}, {Focal, 0.5}, {Poly1, 0.5}, {Focal, 2},
		{Poly1, 2}, {Focal, 9}, {Poly1, 9}}
	for _, k := range []int{5, 50} {
		b := newBlock[T](3, k, ordinary)
		run := func(l separableLoss) *outputs[T] {
			o := newOutputs[T](b.n, k)
			o.bad = Separable(l.family, l.a, o.loss, o.out, b.z, b.t, b.scale, o.scratch, k)
			return o
		}
		for _, first := range all {
			run(first)
			want := run(first)
			for _, second := range all {
				other := run(second)
				require.True(t, run(first).same(want), "k=%d: %v after %v", k, first, second)
				require.Equal(t, first == second, other.same(want), "k=%d: %v is not %v", k, second, first)
			}
		}
	}
}

// TestNaNWithoutLabels: a row with no softmax has no loss either, where no label meets a NaN too.
func TestNaNWithoutLabels(t *testing.T) {
	both(t, nanWithoutLabels[float32], nanWithoutLabels[float64])
}

func nanWithoutLabels[T Float](t *testing.T) {
	for _, k := range []int{1, 2, 8, 33, 40, 41, 64, 65, 600} {
		for _, value := range []float64{math.NaN(), math.Inf(1)} {
			for _, pos := range specialPositions(k) {
				for _, f := range kernels[T]() {
					if !f.labels || f.noLogits {
						continue
					}
					b := newBlock[T](3, k, ordinary)
					clear(b.t[k : 2*k])
					b.z[k+pos%k] = T(value)
					o := f.results(b)
					restore := forced("specification")
					want := f.results(b)
					restore()
					require.Equal(t, math.IsNaN(want.loss[1]), math.IsNaN(o.loss[1]),
						"%s k=%d: %v at %d: loss %v, the specification's %v",
						f.name, k, value, pos, o.loss[1], want.loss[1])
					for j, g := range o.out[k : 2*k] {
						require.Equal(t, math.IsNaN(float64(want.out[k+j])), math.IsNaN(float64(g)),
							"%s k=%d: %v at %d: gradient %d", f.name, k, value, pos, j)
					}
				}
			}
		}
	}
}

// TestLargestOfManyLosesNothing: the gradient of a maximum of a small p is no less exact than those
// of other classes, also of losses that want it found.
func TestLargestOfManyLosesNothing(t *testing.T) {
	both(t, largestOfMany[float32], largestOfMany[float64])
}

func largestOfMany[T Float](t *testing.T) {
	for _, l := range []separableLoss{{AGCE(0.004), 1.01}, {GCE, 0.01}, {Focal, 20}, {AEL, 0.02}} {
		for _, k := range []int{70, 150, 300} {
			b := newBlock[T](9, k, ordinary)
			for j := range b.z {
				b.z[j] /= 8
			}
			o := newOutputs[T](b.n, k)
			require.Equal(t, -1, Separable(l.family, l.a, o.loss, o.out, b.z, b.t, b.scale, o.scratch, k))
			for i := range b.n {
				row := b.rows(i, i+1)
				w := newRowWant(row.z, row.t, row.u)
				_, grad := w.separable(row.t, l.family, l.a, float64(row.scale[0]))
				u := grad[w.Max].ulps(float64(o.out[i*k+w.Max]), elementSize[T]() == 4)
				require.LessOrEqual(t, u, 16.0, "%v k=%d row %d", l, k, i)
			}
		}
	}
}
