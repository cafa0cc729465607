//go:build !purego

package vec

import (
	"math"
	"sync/atomic"

	"softloss/losses/internal/kernel/spec"
)

// A smoothPlan is what sigmoidSmooth takes for a smooth family and a type of elements: vectors that
// repeat a number of that type each; or for other families, of float32, a singlePlan. ok is false
// where it is not exact enough.
type smoothPlan struct {
	family spec.Family
	a      float64
	size   int
	par    [2 * (1 + 2*(smoothWide+1))]float64
	ok     bool
}

// smoothPlans are those made last, lastPlan counts them all.
var (
	smoothPlans [8]atomic.Pointer[smoothPlan]
	lastPlan    atomic.Uint32
)

func smoothPlanFor[T spec.Float](f spec.Family, a float64) *smoothPlan {
	size := spec.Size[T]()
	for i := range smoothPlans {
		if p := smoothPlans[i].Load(); p != nil && p.family == f && p.a == a && p.size == size {
			return p
		}
	}
	p := newSmoothPlan(f, a, size)
	smoothPlans[int(lastPlan.Add(1))%len(smoothPlans)].Store(p)
	return p
}

func newSmoothPlan(f spec.Family, a float64, size int) *smoothPlan {
	n := smoothWide
	if size == 4 {
		n = smoothNarrow
	}
	p := &smoothPlan{family: f, a: a, size: size}
	if !f.Smooth() {
		p.ok = singlePlan(p.par[:], f, a)
		return p
	}
	numbers, ok := fitMirrored(f, a, n, size, 0x1p20)
	p.ok = ok
	for i, x := range numbers {
		if size == 4 {
			bits := uint64(math.Float32bits(float32(x)))
			x = math.Float64frombits(bits<<32 | bits)
		}
		p.par[2*i], p.par[2*i+1] = x, x
	}
	return p
}

// fitMirrored returns c, and V and W in 2p-1 for all p, n coefficients each and behind them what
// elements of a size have lost of the lowest. It reports whether they are exact, what rounding
// leaves does not grow, and V and W are at most most.
func fitMirrored(f spec.Family, a float64, n, size int, most float64) (numbers []float64, ok bool) {
	c, _, w, beyond := smoothParts(f, a)
	fit, limit := make([]float64, 2*n), 0x1p-49
	if size == 4 {
		limit = 0x1p-27
	}
	worst, growth := fitPair(fit, 1, beyond, w)
	numbers, ok = append(numbers, c), worst < limit && growth < 3
	for _, c := range [][]float64{fit[:n], fit[n:]} {
		lowest := c[n-1]
		numbers = append(append(numbers, c...), lowest-float64(float32(lowest)))
		if size == 8 {
			numbers[len(numbers)-1] = 0
		}
	}
	for _, x := range []float64{beyond(0), w(0x1p-60), w(1)} {
		ok = ok && x > 0x1p-60 && x <= most
	}
	return numbers, ok
}
