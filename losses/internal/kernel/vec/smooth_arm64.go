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
