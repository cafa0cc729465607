package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestGuardPages puts every input and output against a page that must not be touched. A kernel that
// reads or writes outside its slices crashes the test.
func TestGuardPages(t *testing.T) { both(t, guardPages[float32], guardPages[float64]) }

func guardPages[T Float](t *testing.T) {
	const biggest = 2 * 4097 * 8
	pages := newPages(t, 10, biggest)
	shapes := [][2]int{{1, 1000}, {1, 2047}, {1, 2048}, {1, 2049}, {1, 4097}}
	for _, k := range lengths() {
		shapes = append(shapes, [2]int{1, k}, [2]int{2 + k%3, k})
		if k <= 33 {
			shapes = append(shapes, [2]int{16, k}, [2]int{17 + k%16, k})
		}
	}
	for _, s := range shapes {
		b := newBlock[T](s[0], s[1], ordinary)
		for _, f := range kernels[T]() {
			want := f.results(b)
			for _, behind := range []bool{true, false} {
				c, o := *b, newOutputs[T](b.n, b.k)
				c.z, c.t, c.u = numtest.Guard(pages[0], b.z, behind), numtest.Guard(pages[1], b.t,
					behind), numtest.Guard(pages[2], b.u, behind)
				c.scale, c.index = numtest.Guard(pages[3], b.scale, behind), numtest.Guard(pages[4], b.index, behind)
				o.loss, o.out, o.num = numtest.Guard(pages[5], o.loss, behind), numtest.Guard(pages[6], o.out,
					behind), numtest.Guard(pages[7], o.num, behind)
				o.scratch, o.wide = numtest.Guard(pages[8], o.scratch, behind), numtest.Guard(pages[9], o.wide, behind)
				f.run(&c, o)
				require.True(t, o.same(want), "%s n=%d k=%d", f.name, b.n, b.k)
				require.True(t,
					sameBits(c.z, b.z) && sameBits(c.t, b.t) && sameBits(c.u, b.u) && sameBits(c.scale,
						b.scale) && slices.Equal(c.index, b.index),
					"%s n=%d k=%d changed an input", f.name, b.n, b.k)
			}
		}
	}
}

// newPages returns pages for n slices of up to a number of bytes.
func newPages(t *testing.T, n, bytes int) []numtest.Pages {
	pages := make([]numtest.Pages, n)
	for i := range pages {
		pages[i] = numtest.NewPages(t, bytes)
	}
	return pages
}

// TestGuardPrepare runs the kernels that take float64 beside other elements at the edges of pages.
func TestGuardPrepare(t *testing.T) { both(t, guardPrepare[float32], guardPrepare[float64]) }

func guardPrepare[T Float](t *testing.T) {
	pages := newPages(t, 3, 4096)
	for k := 1; k <= 70; k++ {
		b := newBlock[T](1, k, ordinary)
		w := make([]float64, k)
		for j := range w {
			w[j] = 1 + float64(j)
		}
		run := func(dst, z []T, w []float64) (all []T) {
			wide := make([]float64, k)
			plain, weighted, bad := WeightedSum(z[:k:k], w)
			all = append(all, T(plain), T(weighted), T(bad), T(Sum(z)))
			for _, f := range []func(){
				func() { Weigh(dst, z, w) },
				func() { Mix(dst, z, w, 0.9, 0.2) },
				func() { AddScaled(dst, z, 2) },
				func() { Round(dst, w) },
				func() { Divide(wide, z, w, 3); Round(dst, wide) },
				func() { Divide(w, z, nil, 3); Round(dst, w) },
				func() { Widen(w, z); Round(dst, w) },
			} {
				f()
				all = append(all, dst...)
			}
			return all
		}
		want := run(make([]T, k), b.t, slices.Clone(w))
		for _, behind := range []bool{true, false} {
			got := run(numtest.Guard(pages[0], make([]T, k), behind), numtest.Guard(pages[1], b.t, behind),
				numtest.Guard(pages[2], w, behind))
			require.True(t, sameBits(want, got), "k=%d", k)
		}
	}
}

// TestGuardPrepared runs the kernel of prepared logits at the edges of pages.
func TestGuardPrepared(t *testing.T) {
	having(t, prepares, guardPrepared[float32], guardPrepared[float64])
}

func guardPrepared[T Float](t *testing.T) {
	pages := newPages(t, 8, 8192)
	for k := 1; k <= 130; k++ {
		x := newPreparedRow[T](rand.New(rand.NewPCG(7, 8)), k, 0.5, 0, true, true)
		for _, behind := range []bool{true, false} {
			p := x.p
			p.Hi, p.Low = numtest.Guard(pages[0], p.Hi, behind), numtest.Guard(pages[1], p.Low, behind)
			p.Power, p.Rest = numtest.Guard(pages[6], p.Power, behind), numtest.Guard(pages[7], p.Rest, behind)
			g, z := numtest.Guard(pages[2], make([]T, k), behind), numtest.Guard(pages[3], x.z, behind)
			labels := numtest.Guard(pages[4], x.t, behind)
			byLabels := numtest.Guard(pages[5], make([]T, k), behind)
			_, ok := CrossEntropyRowLabels(&p, new(float64), g, byLabels, z, labels, 1, 0,
				LabelGrads[T]{Factor: []T{-1}, Keep: 1, Above: -1})
			require.True(t, ok)
			for _, y := range [][]T{labels, nil} {
				_, ok := CrossEntropyRow(&p, new(float64), g, z, y, 0, 1, 0)
				require.True(t, ok)
				if Together[T](k) {
					CrossEntropyRows(&p, make([]float64, 1), make([]float64, 1), g, z, y, []int{0}, []T{1},
						[]T{0}, k)
				}
			}
		}
	}
}
