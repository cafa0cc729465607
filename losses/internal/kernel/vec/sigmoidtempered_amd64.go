//go:build !purego

package vec

import (
	"math"
	"sync/atomic"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/recent"
	"softloss/losses/internal/kernel/spec"
)

// A temperedPlan is what the kernels of bi-tempered elements take, and how many steps bring them to
// the logits of a tempered softmax: where they start is off by 1.7e-3 of a logit for T2-1 = 0.3,
// which a step of the third order makes 1.4e-11, and by 0.07 for 3, of which two leave 1e-15.
type temperedPlan struct {
	of      spec.Question
	par     [temperedPars]float64
	par32   [temperedPars]float64 // par for rows of float32
	steps32 int                   // for float32, 0 where there is no kernel
	steps64 int
	whole   int // see [spec.WholeExponent]

	wholes atomic.Pointer[[]float64] // see wholePar, once it is wanted
}

var temperedPlans recent.Plans[spec.Question, temperedPlan]

func temperedPlanFor(q spec.Question) *temperedPlan { return temperedPlans.For(q, newTemperedPlan) }

func newTemperedPlan(q spec.Question) *temperedPlan {
	const least = 0x1p-10 // below, logarithms lose digits when divided by it
	e, c := 1-q.A, q.B-1
	p := &temperedPlan{of: q, whole: spec.WholeExponent(c, e)}
	switch {
	case e < least || c < least:
	case c <= 0.301: // a T2 of 1.3 less 1 is above 0.3
		p.steps32, p.steps64 = 1, 1
	case c <= 1.5:
		p.steps32, p.steps64 = 2, 1
	case c <= 3:
		p.steps32, p.steps64 = 2, 2
	}
	p.par[parE], p.par[parEPower], p.par[parC], p.par[parCPower] = e, e*math.Log2E, c, c*math.Log2E
	p.par[parByC], p.par[parFactor], p.par[parSmall] = 1/c, 1/(e*(1+e)), 0x1p-17
	if p.steps32 > 0 {
		p.setStart(c)
	}
	p.par32 = p.par
	p.par32[parSmall] = 0x1p-10
	return p
}

// setStart sets what makes of v = log1p(c |z|)/c the logit where steps start, by logits with v up
// to 2 near.
func (p *temperedPlan) setStart(c float64) {
	const reach, near = 9, 2.7
	p.par[parReach], p.par[parNear] = 1./reach, 1/near
	portable.Interpolate(p.par[parStart:][:startTerms], func(s float64) float64 {
		v := near * (1 - s)
		less := 1 - spec.TemperedLogit(math.Expm1(c*v)/c, c)/v
		return less / math.Pow(1-v/reach, 4)
	})
}

// wholePar returns what sigmoidTemperedWhole and temperedWholeByLabel take.
func (p *temperedPlan) wholePar() []float64 {
	if par := p.wholes.Load(); par != nil {
		return *par
	}
	par := aligned[float64](wholePars)
	copy(par, p.par[:])
	par[wholeLabels] = -p.par[parEPower]
	for i := range wholeDigits {
		bit := float64(p.whole >> i & 1)
		par[wholeBits+2*i], par[wholeBits+2*i+1] = bit, 1-bit
	}
	c, half := p.par[parC], 0.5/fineScale
	for j := range wholeCount {
		var r [wholeTerms]float64
		portable.Interpolate(r[:], func(x float64) float64 {
			s := (2*float64(j) + 1 + x) * half
			w := spec.TemperedLogit((1/s-1)/c, c)
			return math.Expm1(c*math.Log1p(math.Exp(-w))) / math.Pow(s, float64(p.whole))
		})
		for i, x := range r {
			par[wholeTables+i*wholeCount+j] = x * math.Pow(half, float64(i-wholeTerms+1))
		}
	}
	p.wholes.Store(&par)
	return par
}

// temperedBlock is how many elements are computed at once: their logits stay in the cache.
const temperedBlock = 512

// sigmoidTempered is the question BiTempered. Logits so large that c |z| may not be a number are
// the specification's, one by one.
func sigmoidTempered[T spec.Float](q spec.Question, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	p, v := temperedPlanFor(q), wideOf[T]()
	if single512[T]() && p.whole > 0 {
		var run any = wideAVX512{}.sigmoidTemperedWhole
		return sigmoidWide(run.(wideKernel[T]), p.wholePar(), loss, grad, z, yes, no, scale)
	}
	ok = true
	for lo := 0; lo < len(z); lo += temperedBlock {
		hi := min(lo+temperedBlock, len(z))
		if !temperedLogits(p, loss[lo:hi], z[lo:hi]) {
			return portable.SigmoidQuestion(q, loss, grad, z, yes, no, scale)
		}
		fits := sigmoidWide(v.sigmoidTempered, p.par[:], loss[lo:hi], part(grad, lo, hi), z[lo:hi], yes[lo:hi],
			part(no, lo, hi), factorsOf(scale, lo, hi))
		ok = ok && fits
	}
	for lo := 0; lo < len(z) && spec.Size[T]() == 8; lo++ {
		if size := math.Abs(float64(z[lo])); size > 0x1p1000 && size <= math.MaxFloat64 {
			hi := lo + 1
			spec.SigmoidQuestion(q, loss[lo:hi], part(grad, lo, hi), z[lo:hi], yes[lo:hi], part(no, lo, hi),
				factorsOf(scale, lo, hi))
		}
	}
	return ok
}

// temperedLogits stores the logits of which the softmax with 0 is the tempered one of z with 0. It
// returns false where there is no kernel.
func temperedLogits[T spec.Float](p *temperedPlan, w []float64, z []T) (ok bool) {
	steps, v := p.steps32, wideOf[T]()
	if spec.Size[T]() == 8 {
		steps = p.steps64
	}
	switch steps {
	case 0:
		return false
	case 2:
		v.temperedLogitsFar(&w[0], &z[0], len(z), &p.par[0])
	default:
		v.temperedLogits(&w[0], &z[0], len(z), &p.par[0])
	}
	return true
}
