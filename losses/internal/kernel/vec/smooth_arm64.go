//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/recent"
	"softloss/losses/internal/kernel/spec"
)

// A smoothPlan is what sigmoidSmooth takes for a smooth family and a type of elements: vectors that
// repeat a number of that type each; or for other families, of float32, a singlePlan; or of rows
// what smoothTerms or powerTerms take. ok is false where it is not exact enough.
type smoothPlan struct {
	smoothOf
	par [2 * (1 + 2*(smoothWide+1))]float64
	ok  bool
}

// smoothOf is what such a plan is for.
type smoothOf struct {
	family spec.Family
	a      float64
	size   int
	rows   bool
}

var smoothPlans recent.Plans[smoothOf, smoothPlan]

func smoothPlanFor[T spec.Float](f spec.Family, a float64) *smoothPlan {
	return smoothPlans.For(smoothOf{f, a, spec.Size[T](), false}, newSmoothPlan)
}

// rowPlanFor is smoothPlanFor of rows.
func rowPlanFor[T spec.Float](f spec.Family, a float64) *smoothPlan {
	return smoothPlans.For(smoothOf{f, a, spec.Size[T](), true}, newSmoothPlan)
}

func newSmoothPlan(of smoothOf) *smoothPlan {
	n, f, a, size := smoothWide, of.family, of.a, of.size
	if size == 4 {
		n = smoothNarrow
	}
	p := &smoothPlan{smoothOf: of}
	if of.rows {
		p.ok = p.fitRows(n)
		return p
	}
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

// fitRows stores a and, for p <= 1/2, the polynomials of n coefficients in p-1/4 that [smoothParts]
// names V = v and W, or those that are the power of a focal loss. It reports whether they are exact
// enough.
func (p *smoothPlan) fitRows(n int) (ok bool) {
	_, v, w, _ := smoothParts(p.family, p.a)
	functions := []func(p float64) float64{v, w}
	if p.family == spec.Focal {
		functions = []func(p float64) float64{func(x float64) float64 { return math.Pow(1-x, p.a-1) }}
	}
	limit := 0x1p-49
	if p.size == 4 {
		limit = 0x1p-32
	}
	p.par[0], p.par[1], ok = p.a, p.a, true
	at := 2
	for _, f := range functions {
		var c [smoothWide]float64
		worst, _ := fitOne(c[:n], 0.5, f)
		ok = ok && worst < limit
		scaled := func(k int) float64 { return c[n-1-k] * math.Exp2(2*float64(k)) } // s = 4 (p-1/4)

		at += 2 // float64 has lost nothing of the lowest
		for k := 0; k < n; k += 2 {
			p.par[at], p.par[at+1] = scaled(k), scaled(k)
			at += 2
		}
		for k := 1; k < n; k += 2 {
			p.par[at] = scaled(k)
			at++
		}
		at += at % 2
	}
	return ok
}
