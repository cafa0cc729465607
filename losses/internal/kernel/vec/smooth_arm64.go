//go:build !purego

package vec

import (
	"math"
	"slices"
	"sync/atomic"

	"softloss/losses/internal/kernel/spec"
)

// A smoothPlan is what sigmoidSmooth takes for a smooth family and a type of elements: vectors that
// repeat a number of that type each. ok is false where it is not exact enough.
type smoothPlan struct {
	family spec.Family
	a      float64
	size   int
	par    [2 * (1 + 2*(smoothWide+1))]float64
	ok     bool
}

var smoothPlans [8]atomic.Pointer[smoothPlan] // those made last

func smoothPlanFor[T spec.Float](f spec.Family, a float64) *smoothPlan {
	size := spec.Size[T]()
	bits := math.Float64bits(a)>>50 ^ math.Float64bits(f.B)>>49 ^ 3*uint64(f.Kind) ^ uint64(size)>>2
	place := &smoothPlans[bits%uint64(len(smoothPlans))]
	if p := place.Load(); p != nil && p.family == f && p.a == a && p.size == size {
		return p
	}
	p := newSmoothPlan(f, a, size)
	place.Store(p)
	return p
}

func newSmoothPlan(f spec.Family, a float64, size int) *smoothPlan {
	n, error := smoothWide, 0x1p-49
	if size == 4 {
		n, error = smoothNarrow, 0x1p-27
	}
	c, _, w, beyond := smoothParts(f, a)
	var fit [2 * smoothWide]float64
	worst, growth := fitPair(fit[:2*n], 1, beyond, w)
	p := &smoothPlan{family: f, a: a, size: size, ok: worst < error && growth < 3} // what rounding leaves does not grow
	for _, x := range []float64{beyond(0), w(0x1p-60), w(1)} {
		p.ok = p.ok && x > 0x1p-60 && x < 0x1p20 // times exponentials it is not denormal
	}
	numbers := slices.Concat([]float64{c}, fit[:n], []float64{0}, fit[n:2*n], []float64{0})
	if size == 4 {
		numbers[n+1] = numbers[n] - float64(float32(numbers[n]))
		numbers[2*n+2] = numbers[2*n+1] - float64(float32(numbers[2*n+1]))
	}
	for i, x := range numbers {
		if size == 4 {
			bits := uint64(math.Float32bits(float32(x)))
			x = math.Float64frombits(bits<<32 | bits)
		}
		p.par[2*i], p.par[2*i+1] = x, x
	}
	return p
}
