//go:build !purego

package vec

import (
	"math"
	"slices"
	"sync/atomic"

	"softloss/internal/isa"
	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/recent"
	"softloss/losses/internal/kernel/spec"
)

// SigmoidCrossEntropy is [spec.SigmoidCrossEntropy].
func SigmoidCrossEntropy[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	if len(z) == 0 {
		return true
	}
	f, each := factors(scale)
	return unitOf[T]().sigmoidCrossEntropy(&loss[0], first(grad), &z[0], &yes[0], first(no), each, len(z), f, nil) == 0 ||
		shares(yes)
}

// Shifts reports whether [SigmoidShifted] is of use for elements of a type.
func Shifts[T spec.Float]() bool { return single512[T]() }

// SigmoidShifted is [SigmoidCrossEntropy] of logits that are float64, in the place of the losses.
func SigmoidShifted[T spec.Float](loss []float64, grad, yes, no, scale []T) (ok bool) {
	return sigmoidSingle(f32AVX512{}.sigmoidShifted, nil, loss, grad, yes, yes, no, scale)
}

// mostPoly is the largest factor of sigmoidPolySingle, which magnifies what exponentials have lost.
const mostPoly = 4

// mostPenalty is that of sigmoidPenalisedSingle.
const mostPenalty = 4

// SigmoidSeparable is [spec.SigmoidSeparable].
func SigmoidSeparable[T spec.Float](f spec.Family, a float64, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	if f == spec.GCE && a < leastGCE && spec.Size[T]() == 4 {
		return sigmoidLeastGCE(a, loss, grad, z, yes, no, scale)
	}
	p, ok := planFor[T](f, a)
	if p != nil && spec.Size[T]() == 4 {
		if run, c := p.single(); c != nil && c.ok {
			return sigmoidSingle(run, c.par, loss, grad, z, yes, no, scale)
		}
	}
	if f == spec.Focal && a != 2 && wholePower(a) { // which takes less time than a power by exponentials
		return SigmoidAsymmetric(spec.Asymmetric{GammaPos: a, GammaNeg: a}, loss, grad, z, yes, no, scale)
	}
	if !ok || p.kind == base || p.kind == ael {
		return portable.SigmoidSeparable(f, a, loss, grad, z, yes, no, scale)
	}
	v := wideOf[T]()
	run := v.sigmoidFocal
	switch {
	case p.kind == smooth:
		return sigmoidWide(v.sigmoidSmooth, p.exactParameters(), loss, grad, z, yes, no, scale)
	case f == spec.GCE:
		run = v.sigmoidGCE
	case f == spec.Poly1:
		if run = v.sigmoidPoly; spec.Size[T]() == 4 && a >= 0 && a <= mostPoly {
			return sigmoidSingle(singleOf(unitOf[T]()).sigmoidPolySingle, p.par32[:], loss, grad, z, yes, no, scale)
		}
	case a == 2:
		run = v.sigmoidFocal2
	}
	return sigmoidWide(run, p.sigmoid[:], loss, grad, z, yes, no, scale)
}

// sigmoidLeastGCE is GCE of an a so small that it is the cross entropy, but for logits so large
// that a l counts beside 1 in (1 - exp(-a l))/a.
func sigmoidLeastGCE[T spec.Float](a float64, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	const large = 0x1p-26 / leastGCE
	ok = SigmoidCrossEntropy(loss, grad, z, yes, no, scale)
	if len(z) == 0 || SizesOf(z).Most < large {
		return ok
	}
	for i, x := range z {
		if x >= large || -x >= large {
			portable.SigmoidSeparable(spec.GCE, a, loss[i:i+1], spec.Row(grad, i, 1), z[i:i+1], yes[i:i+1], spec.Row(no, i, 1),
				spec.FactorOf(scale, i))
		}
	}
	return ok
}

// SigmoidMAE is [spec.SigmoidMAE].
func SigmoidMAE[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	run := wideOf[T]().sigmoidMAE
	if no == nil {
		run = wideOf[T]().sigmoidMAEShares
	}
	return sigmoidWide(run, nil, loss, grad, z, yes, no, scale)
}

// SigmoidKL is [spec.SigmoidKL].
func SigmoidKL[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return sigmoidWide(wideOf[T]().sigmoidKL, nil, loss, grad, z, yes, no, scale)
}

// SigmoidQuestion is [spec.SigmoidQuestion].
func SigmoidQuestion[T spec.Float](q spec.Question, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	v, par := wideOf[T](), parametersOf(q)
	run := v.sigmoidSymmetric
	switch q.Kind {
	case spec.Symmetric:
		if spec.Size[T]() == 4 && par.moderate() && (inUse == isa.AVX512 || par.single[2] <= 87) {
			return symmetricSingle(par, loss, grad, z, yes, no, scale)
		}
	case spec.BiTempered:
		return sigmoidTempered(q, loss, grad, z, yes, no, scale)
	case spec.Normalised:
		if run = v.sigmoidNormalised; spec.Size[T]() == 4 {
			single := singleOf(unitOf[T]()).sigmoidNormalisedShares
			if no != nil {
				single = singleOf(unitOf[T]()).sigmoidNormalisedMasses
			}
			return sigmoidSingle(single, nil, loss, grad, z, yes, no, scale)
		}
	case spec.Penalised:
		if run = v.sigmoidPenalised; spec.Size[T]() == 4 && par.moderate() && q.A <= mostPenalty {
			return sigmoidSingle(singleOf(unitOf[T]()).sigmoidPenalisedSingle, par.single[:], loss, grad, z, yes, no, scale)
		}
	case spec.Sparsemax:
		run = v.sigmoidSparsemax
	case spec.Entmax15:
		if run = v.sigmoidEntmax; single512[T]() {
			return entmaxSingle(loss, grad, z, yes, no, scale)
		}
	}
	return sigmoidWide(run, par.par[:], loss, grad, z, yes, no, scale)
}

// entmaxSingle computes the question Entmax15 in float32, and in float64 the elements that its
// kernels decline: they set the sign of the loss.
func entmaxSingle[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	run := sigmoidEntmaxSharesF32AVX512
	if no != nil {
		run = sigmoidEntmaxMassesF32AVX512
	}
	if runSingle(run, nil, loss, grad, z, yes, no, scale) == 0 {
		return true
	}
	for i := 0; i < len(z); i++ {
		n := 0
		for i+n < len(z) && math.Signbit(loss[i+n]) {
			n++
		}
		if n > 0 {
			sigmoidWide(wideOf[T]().sigmoidEntmax, nil, loss[i:i+n], part(grad, i, i+n), z[i:i+n], yes[i:i+n],
				part(no, i, i+n), factorsOf(scale, i, i+n))
			i += n
		}
	}
	return no != nil || shares(yes)
}

// symmetricSingle computes the question Symmetric in float32.
func symmetricSingle[T spec.Float](p *questionPars, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	set := singleOf(unitOf[T]())
	run, reverse := set.sigmoidSymmetricShares, p.of.A == 0
	switch given := no != nil; {
	case reverse && given:
		run = set.sigmoidReverseMasses
	case reverse:
		run = set.sigmoidReverseShares
	case given:
		run = set.sigmoidSymmetricMasses
	}
	return sigmoidSingle(run, p.single[:], loss, grad, z, yes, no, scale)
}

// questionPars are parameters where kernels find them; those of the last question of every kind are
// kept.
type questionPars struct {
	of     spec.Question
	par    [4]float64 // A, B, C and exp(C)
	single [3]float32 // in float32: A, B and -C
}

// moderate reports whether A, B and B C are of a size that shows no digits that a probability has
// lost as a denormal number.
func (p *questionPars) moderate() bool {
	for _, x := range [3]float64{p.of.A, p.of.B, -p.of.B * p.of.C} {
		if x != 0 && !(x >= 0x1p-30 && x <= 8) {
			return false
		}
	}
	return true
}

var lastQuestions [spec.Questions]atomic.Pointer[questionPars]

// parametersOf returns those of a question.
func parametersOf(q spec.Question) *questionPars {
	place := &lastQuestions[q.Kind]
	p := place.Load()
	if p == nil || p.of != q {
		p = &questionPars{of: q, par: [4]float64{q.A, q.B, q.C, math.Exp(q.C)},
			single: [3]float32{float32(q.A), float32(q.B), float32(-q.C)}}
		place.Store(p)
	}
	return p
}

// SigmoidAsymmetric is [spec.SigmoidAsymmetric].
func SigmoidAsymmetric[T spec.Float](a spec.Asymmetric, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	if single512[T]() && usual(a) && a.Margin == 0 {
		run := f32AVX512{}.sigmoidAsymmetricSingle
		if a.GammaPos == 1 {
			run = f32AVX512{}.sigmoidFocalAsymmetricSingle
		}
		return sigmoidSingle(run, nil, loss, grad, z, yes, no, scale)
	}
	p := asymmetricPlanFor(a)
	if a.Margin == 0 && single512[T]() {
		ofYes, ofNo := pieceFamily{spec.Focal, a.GammaPos}, pieceFamily{spec.Focal, a.GammaNeg}
		run := f32AVX512{}.sigmoidDensePieces
		var c *piecesPlan
		if ofYes == ofNo {
			c = p.denseOf(ofYes)
		} else {
			run, c = f32AVX512{}.sigmoidPieces, p.piecesOf(ofYes, ofNo)
		}
		if c.ok {
			return sigmoidSingle(run, c.par, loss, grad, z, yes, no, scale)
		}
	}
	if a.Margin != 0 && single512[T]() {
		run, c := marginProducts, p.productsOf(a)
		if !c.ok {
			run, c = marginPieces, p.marginOf(a)
		}
		if c.ok {
			return sigmoidSingle(run[int(a.GammaNeg)], c.par, loss, grad, z, yes, no, scale)
		}
	}
	if spec.Size[T]() == 4 {
		run, c := sigmoidRowsF32AVX2, (*piecesPlan)(nil)
		if a.Margin == 0 {
			c = p.rowsOf(pieceFamily{spec.Focal, a.GammaPos}, pieceFamily{spec.Focal, a.GammaNeg})
		} else {
			run, c = sigmoidMarginRowsF32AVX2, p.marginRowsOf(a)
		}
		if c.ok {
			return sigmoidSingle(run, c.par, loss, grad, z, yes, no, scale)
		}
	}
	if !p.ok {
		return portable.SigmoidAsymmetric(a, loss, grad, z, yes, no, scale)
	}
	run := wideOf[T]().sigmoidAsymmetricMargin
	if a.Margin == 0 {
		run = wideOf[T]().sigmoidAsymmetric
	}
	return sigmoidWide(run, p.par[:], loss, grad, z, yes, no, scale)
}

// A marginKernels has kernels with a margin for exponents of no, which are the index.
type marginKernels = [1 + mostMarginPower]singleKernel

// marginPieces are for the exponents 0 and 1 of yes.
var marginPieces = marginKernels{nil, sigmoidMarginPieces1F32AVX512, sigmoidMarginPieces2F32AVX512,
	sigmoidMarginPieces3F32AVX512, sigmoidMarginPieces4F32AVX512}

// marginProducts are for the exponent 0 of yes.
var marginProducts = marginKernels{nil, sigmoidMarginProducts1F32AVX512, sigmoidMarginProducts2F32AVX512,
	sigmoidMarginProducts3F32AVX512, sigmoidMarginProducts4F32AVX512}

// An asymmetricPlan is what the kernels of the asymmetric loss take. ok is false for exponents that
// are no integers, or large, and for a margin of which the logarithm is not theirs.
type asymmetricPlan struct {
	spec.Asymmetric
	par [asymmetricPars]float64
	ok  bool
	lazyPieces
}

var asymmetricPlans recent.Plans[spec.Asymmetric, asymmetricPlan]

func asymmetricPlanFor(a spec.Asymmetric) *asymmetricPlan {
	return asymmetricPlans.For(a, newAsymmetricPlan)
}

func newAsymmetricPlan(a spec.Asymmetric) *asymmetricPlan {
	p := &asymmetricPlan{Asymmetric: a,
		ok: (a.Margin == 0 || a.Margin >= 0x1p-500) && wholePower(a.GammaPos) && wholePower(a.GammaNeg)}
	p.par[parPos], p.par[parNeg], p.par[parMargin] = a.GammaPos, a.GammaNeg, a.Margin
	no, last := a.GammaNeg, 0.0
	if a.Margin != 0 && no > 0 {
		no, last = no-1, 1
	}
	setPower(p.par[parPosBits:], a.GammaPos)
	setPower(p.par[parNegBits:], no)
	p.par[parLast], p.par[parLast+1] = last, 1-last
	return p
}

// A wideKernel computes elements in float64.
type wideKernel[T spec.Float] = func(loss *float64, grad, z, yes, no, scales *T, n int, scale float64, par *float64) (
	bad uint32)

// A singleKernel computes elements in float32.
type singleKernel = func(loss *float64, grad, z, yes, no, scales *float32, n int, scale float32, par *float32) (
	bad uint32)

// single returns the kernel of p's loss by pieces, and its plan, nil if there is no such kernel.
func (p *plan) single() (run singleKernel, c *piecesPlan) {
	f := pieceFamily{p.family, p.a}
	few := inUse == isa.AVX2
	switch {
	case f.Family == spec.Poly1 && f.a >= 0 && f.a <= mostPoly:
		return nil, nil
	case (f.Family == spec.Focal || f.Family == spec.Poly1) && few:
		return sigmoidRowsF32AVX2, p.rowsOf(f, f)
	case f.Family == spec.Focal, f.Family == spec.Poly1:
		return sigmoidDensePiecesF32AVX512, p.denseOf(f)
	case f.Family == spec.GCE && few:
		return sigmoidGCEOddsF32AVX2, p.oddsOf(f)
	case f.Family == spec.GCE:
		if c = p.piecesOf(f, f); c.ok {
			return sigmoidPowerPiecesF32AVX512, c
		}
		return sigmoidGCEOddsF32AVX512, p.fineOf(f)
	case few:
		return sigmoidSmoothOddsF32AVX2, p.oddsOf(f)
	}
	if c = p.fineOf(f); c.ok {
		return sigmoidSmoothOddsF32AVX512, c
	}
	return sigmoidPiecesF32AVX512, p.piecesOf(f, f)
}

// sigmoidWide runs a kernel that computes in float64.
func sigmoidWide[T spec.Float](run wideKernel[T], par []float64, loss []float64, grad, z, yes, no, scale []T) (
	ok bool) {
	if len(z) == 0 {
		return true
	}
	f, each := factors(scale)
	return run(&loss[0], first(grad), &z[0], &yes[0], first(no), each, len(z), float64(f), first(par)) == 0 ||
		shares(yes)
}

// sigmoidSingle runs a kernel that computes in float32, for elements of that.
func sigmoidSingle[T spec.Float](run singleKernel, par []float32, loss []float64, grad, z, yes, no, scale []T) (
	ok bool) {
	return runSingle(run, par, loss, grad, z, yes, no, scale) == 0 || shares(yes)
}

// runSingle returns the kernel's bad.
func runSingle[T spec.Float](run singleKernel, par []float32, loss []float64, grad, z, yes, no, scale []T) (
	bad uint32) {
	if len(z) == 0 {
		return 0
	}
	f, each := factors(scale)
	return run(&loss[0], floats(grad), floats(z), floats(yes), floats(no), any(each).(*float32), len(z), float32(f),
		first(par))
}

// shares reports whether all labels are in [0, 1].
func shares[T spec.Float](t []T) bool {
	return !slices.ContainsFunc(t, func(t T) bool { return !(t >= 0 && t <= 1) })
}

// factors returns the factor of all gradients, or 1 and those of each.
func factors[T spec.Float](scale []T) (f T, each *T) {
	if len(scale) == 1 {
		return scale[0], nil
	}
	return 1, &scale[0]
}

// SmoothElements is [spec.SmoothElements].
func SmoothElements[T spec.Float](yes, no, t []T, w []float64, s spec.ElementSmoothing) (ok bool) {
	return len(t) == 0 || wideOf[T]().smoothElements(&yes[0], &no[0], &t[0], first(w), len(t),
		s.Keep, s.Add, s.Yes, s.No) == 0
}
