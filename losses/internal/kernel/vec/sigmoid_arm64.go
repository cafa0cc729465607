//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// SigmoidCrossEntropy is [spec.SigmoidCrossEntropy].
func SigmoidCrossEntropy[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return questions(&questionPlan{kind: crossEntropyQuestions}, loss, grad, z, yes, no, scale)
}

// SigmoidSeparable is [spec.SigmoidSeparable].
func SigmoidSeparable[T spec.Float](f spec.Family, a float64, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	var p questionPlan
	narrow := spec.Size[T]() == 4
	switch {
	case f.Smooth():
		p.kind = smoothQuestions
	case narrow && inPieces(f, a):
		if of := (pieceFamily{f, a}); p.inRows(rowLoss{yes: of, no: of}) {
			return questions(&p, loss, grad, z, yes, no, scale)
		}
		return wideSeparable(f, a, loss, grad, z, yes, no, scale)
	case narrow && f == spec.Poly1:
		p.kind = polySingle
	case narrow && f == spec.GCE:
		p.kind, a = gceSingle, max(a, 0x1p-100) // which changes no digit
	default:
		return wideSeparable(f, a, loss, grad, z, yes, no, scale)
	}
	if p.smooth = smoothPlanFor[T](f, a); !p.smooth.ok {
		return wideSeparable(f, a, loss, grad, z, yes, no, scale)
	}
	return questions(&p, loss, grad, z, yes, no, scale)
}

// inPieces reports whether a loss of float32 is for sigmoidRows: focal ones, and Poly1 where 1 + a
// p cancels, or its factor is larger than those whose rounding of a p leaves the digits.
func inPieces(f spec.Family, a float64) bool {
	const mostPoly = 2.5
	return f == spec.Focal || f == spec.Poly1 && !(a >= -0.5 && a <= mostPoly)
}

// wideSeparable is SigmoidSeparable in float64.
func wideSeparable[T spec.Float](f spec.Family, a float64, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	var p questionPlan
	switch {
	case f == spec.Poly1:
		p = questionPlan{kind: polyQuestions, par: questionPars{a, 1 + a}}
	case f == spec.GCE && spec.Size[T]() == 8 && a >= 0x1p-400: // otherwise a l may lose digits
		p = questionPlan{kind: gceQuestions, par: questionPars{a, 1 / a}}
	case f == spec.Focal && spec.Size[T]() == 8 && a == 2:
		p = questionPlan{kind: focal2Questions, par: questionPars{a}}
	case f == spec.Focal && spec.Size[T]() == 8 && wholePower(a):
		p = questionPlan{kind: focalWholeQuestions, par: questionPars{a}}
		setPower(p.par[parBits:], a)
	case f == spec.Focal && a <= 0x1p400: // a l is finite
		p = questionPlan{kind: focalQuestions, par: questionPars{a}}
	default:
		return portable.SigmoidSeparable(f, a, loss, grad, z, yes, no, scale)
	}
	return questions(&p, loss, grad, z, yes, no, scale)
}

// SigmoidMAE is [spec.SigmoidMAE].
func SigmoidMAE[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return questions(&questionPlan{kind: maeQuestions}, loss, grad, z, yes, no, scale)
}

// SigmoidKL is [spec.SigmoidKL].
func SigmoidKL[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return questions(&questionPlan{kind: klQuestions}, loss, grad, z, yes, no, scale)
}

// SigmoidQuestion is [spec.SigmoidQuestion].
func SigmoidQuestion[T spec.Float](q spec.Question, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	if q.Kind == spec.BiTempered {
		return portable.SigmoidQuestion(q, loss, grad, z, yes, no, scale)
	}
	p := questionPlan{par: questionPars{q.A, q.B, q.C}}
	narrow := spec.Size[T]() == 4
	switch q.Kind {
	case spec.Normalised:
		if p.kind = normalisedQuestions; narrow {
			p.kind = normalisedSingle
		}
	case spec.Penalised:
		p.kind = penalisedQuestions
	case spec.Symmetric:
		if p.kind = symmetricQuestions; narrow && moderate(q) {
			p = symmetricPlan(q)
		}
	case spec.Sparsemax:
		p.kind = sparsemaxQuestions
	case spec.Entmax15:
		p.kind = entmaxQuestions
	}
	return questions(&p, loss, grad, z, yes, no, scale)
}

// moderate reports whether A, B and B C of a question are of a size that shows no digits that a
// probability has lost as a denormal number, and C not below the logarithms of float32.
func moderate(q spec.Question) bool {
	for _, x := range [3]float64{q.A, q.B, -q.B * q.C} {
		if x != 0 && !(x >= 0x1p-30 && x <= 8) {
			return false
		}
	}
	return q.C >= -87
}

// symmetricPlan is that of the question Symmetric in float32.
func symmetricPlan(q spec.Question) (p questionPlan) {
	if p.kind = symmetricSingle; q.A == 0 {
		p.kind = reverseSingle
	}
	ab, c := lanes(q.A, -q.B), lanes(q.C, q.C)
	copy(p.par[:], []float64{ab, ab, c, c})
	return p
}

// lanes returns two numbers of float32 as the bits of one of float64.
func lanes(low, high float64) float64 {
	return math.Float64frombits(uint64(math.Float32bits(float32(low))) | uint64(math.Float32bits(float32(high)))<<32)
}

// SigmoidAsymmetric is [spec.SigmoidAsymmetric]. Where there are no pieces it is two losses, of the
// labels of yes and of those of no; the powers of float64 of a focal loss have not the digits,
// unless they are whole ones.
func SigmoidAsymmetric[T spec.Float](a spec.Asymmetric, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	if spec.Size[T]() == 4 {
		var p questionPlan
		l := rowLoss{pieceFamily{spec.Focal, a.GammaPos}, pieceFamily{spec.Focal, a.GammaNeg}, a.Margin}
		if p.inRows(l) {
			return questions(&p, loss, grad, z, yes, no, scale)
		}
	}
	focal := func(k float64) bool { return wholePower(k) || spec.Size[T]() == 4 && k <= 0x1p400 }
	switch {
	case !focal(a.GammaPos), a.Margin == 0 && !focal(a.GammaNeg),
		a.Margin != 0 && !(wholePower(a.GammaNeg) && a.Margin >= 0x1p-500):
		return portable.SigmoidAsymmetric(a, loss, grad, z, yes, no, scale)
	case a.Margin == 0 && a.GammaPos == a.GammaNeg:
		return SigmoidSeparable(spec.Focal, a.GammaPos, loss, grad, z, yes, no, scale)
	case no == nil && !areShares(yes):
		return false
	}
	p := marginPlan(a)
	const block = 128
	var zeros, u, d [block]T
	var l [block]float64
	for lo := 0; lo < len(z); lo += block {
		hi := min(lo+block, len(z))
		g, f := part(grad, lo, hi), factorsOf(scale, lo, hi)
		SigmoidSeparable(spec.Focal, a.GammaPos, loss[lo:hi], g, z[lo:hi], yes[lo:hi], zeros[:hi-lo], f)
		for i := range u[:hi-lo] {
			if no == nil {
				u[i] = 1 - yes[lo+i]
			} else {
				u[i] = no[lo+i]
			}
		}
		var h []T
		if g != nil {
			h = d[:hi-lo]
		}
		if a.Margin == 0 {
			SigmoidSeparable(spec.Focal, a.GammaNeg, l[:hi-lo], h, z[lo:hi], zeros[:hi-lo], u[:hi-lo], f)
		} else {
			questions(&p, l[:hi-lo], h, z[lo:hi], zeros[:hi-lo], u[:hi-lo], f)
		}
		for i, v := range l[:hi-lo] {
			loss[lo+i] += v
		}
		for i := range g {
			g[i] += d[i]
		}
	}
	return true
}

// marginPlan is that of what no costs beyond a margin.
func marginPlan(a spec.Asymmetric) (p questionPlan) {
	p = questionPlan{kind: marginQuestions, par: questionPars{a.GammaNeg, a.Margin}}
	but, last := max(a.GammaNeg-1, 0), min(a.GammaNeg, 1)
	setPower(p.par[parBits:], but)
	p.par[parLast], p.par[parLast+1] = last, 1-last
	return p
}

// questionPlan is how the assembly computes a loss of elements: the kernel, and its parameters.
type questionPlan struct {
	kind   questionKind
	par    questionPars
	smooth *smoothPlan // of smoothQuestions
	rows   *piecesPlan // of rowQuestions and marginRowQuestions
}

// inRows makes the plan that of a loss by rows, and reports whether there is one.
func (p *questionPlan) inRows(l rowLoss) (ok bool) {
	if p.kind = rowQuestions; l.margin != 0 {
		p.kind = marginRowQuestions
	}
	p.rows = rowsOf(l)
	return p.rows.ok
}

// questionPars are numbers, then the bits of an exponent.
type questionPars [parBits + 2*powerBits + 2]float64

type questionKind uint8

const (
	crossEntropyQuestions questionKind = iota
	polyQuestions
	gceQuestions
	focalQuestions
	focal2Questions
	focalWholeQuestions
	marginQuestions
	smoothQuestions
	maeQuestions
	klQuestions
	normalisedQuestions
	penalisedQuestions
	symmetricQuestions
	sparsemaxQuestions
	entmaxQuestions
	polySingle
	gceSingle
	rowQuestions
	marginRowQuestions
	reverseSingle
	symmetricSingle
	normalisedSingle
)

// questions computes elements, those that fill no block in a copy that does.
func questions[T spec.Float](p *questionPlan, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	if no == nil && !areShares(yes) {
		return false
	}
	f := T(1)
	if len(scale) == 1 {
		f = scale[0]
	}
	whole := wholeBlocks[T](len(z))
	if whole > 0 {
		questionBlocks(p, &loss[0], first(grad), &z[0], &yes[0], first(no), whole, f)
	}
	if whole < len(z) {
		var l [8]float64
		var d, x, y, u [8]T
		copy(x[:], z[whole:])
		copy(y[:], yes[whole:])
		other := &u[0]
		if no == nil {
			other = nil
		} else {
			copy(u[:], no[whole:])
		}
		questionBlocks(p, &l[0], &d[0], &x[0], &y[0], other, block[T](), f)
		copy(loss[whole:], l[:])
		if grad != nil {
			copy(grad[whole:], d[:])
		}
	}
	if len(scale) != 1 {
		for i := range grad {
			grad[i] *= scale[i]
		}
	}
	return true
}

// areShares reports whether all labels are in [0, 1].
func areShares[T spec.Float](t []T) bool {
	whole := wholeBlocks[T](len(t))
	if whole > 0 && ^shares(&t[0], whole) != 0 {
		return false
	}
	for _, v := range t[whole:] {
		if !(v >= 0 && v <= 1) {
			return false
		}
	}
	return true
}

// questionBlocks runs the plan's kernel.
func questionBlocks[T spec.Float](p *questionPlan, loss *float64, grad, z, yes, no *T, n int, f T) {
	switch p.kind {
	case crossEntropyQuestions:
		sigmoidCrossEntropy(loss, grad, z, yes, no, n, f)
	case polyQuestions:
		sigmoidPoly(loss, grad, z, yes, no, n, f, &p.par[0])
	case gceQuestions:
		sigmoidGCE(loss, grad, z, yes, no, n, f, &p.par[0])
	case focalQuestions:
		sigmoidFocal(loss, grad, z, yes, no, n, f, &p.par[0])
	case focal2Questions:
		sigmoidFocal2(loss, grad, z, yes, no, n, f, &p.par[0])
	case focalWholeQuestions:
		sigmoidFocalWhole(loss, grad, z, yes, no, n, f, &p.par[0])
	case marginQuestions:
		sigmoidMargin(loss, grad, z, yes, no, n, f, &p.par[0])
	case smoothQuestions:
		sigmoidSmooth(loss, grad, z, yes, no, n, f, &p.smooth.par[0])
	case klQuestions:
		sigmoidKL(loss, grad, z, yes, no, n, f, nil)
	case normalisedQuestions:
		sigmoidNormalised(loss, grad, z, yes, no, n, f, nil)
	case penalisedQuestions:
		sigmoidPenalised(loss, grad, z, yes, no, n, f, &p.par[0])
	case symmetricQuestions:
		sigmoidSymmetric(loss, grad, z, yes, no, n, f, &p.par[0])
	case sparsemaxQuestions:
		sigmoidSparsemax(loss, grad, z, yes, no, n, f, nil)
	case entmaxQuestions:
		sigmoidEntmax(loss, grad, z, yes, no, n, f, nil)
	case polySingle:
		sigmoidPolySingle(loss, grad, z, yes, no, n, f, &p.smooth.par[0])
	case gceSingle:
		sigmoidGCESingle(loss, grad, z, yes, no, n, f, &p.smooth.par[0])
	case rowQuestions:
		sigmoidRows(loss, grad, z, yes, no, n, f, &p.rows.par[0])
	case marginRowQuestions:
		sigmoidMarginRows(loss, grad, z, yes, no, n, f, &p.rows.par[0])
	case reverseSingle:
		sigmoidReverseSingle(loss, grad, z, yes, no, n, f, &p.par[0])
	case symmetricSingle:
		sigmoidSymmetricSingle(loss, grad, z, yes, no, n, f, &p.par[0])
	case normalisedSingle:
		sigmoidNormalisedSingle(loss, grad, z, yes, no, n, f, nil)
	case maeQuestions:
		sigmoidMAE(loss, grad, z, yes, no, n, f, nil)
	}
}

// ElementLogits is [spec.ElementLogits].
func ElementLogits[T spec.Float](dst []float64, z []T, shift []float64, t float64) (ok bool) {
	return spec.ElementLogits(dst, z, shift, t)
}

// SmoothElements is [spec.SmoothElements].
func SmoothElements[T spec.Float](yes, no, t []T, w []float64, s spec.ElementSmoothing) (ok bool) {
	good, whole := ^uint64(0), wholeBlocks[T](len(t))
	if whole > 0 {
		good = smoothElements(&yes[0], &no[0], &t[0], first(w), whole, s.Keep, s.Add, s.Yes, s.No)
	}
	if whole < len(t) {
		var y, u, x [8]T
		var v [8]float64
		copy(x[:], t[whole:])
		weights := &v[0]
		if w == nil {
			weights = nil
		} else {
			copy(v[:], w[whole:])
		}
		good &= smoothElements(&y[0], &u[0], &x[0], weights, block[T](), s.Keep, s.Add, s.Yes, s.No)
		copy(yes[whole:len(t)], y[:])
		copy(no[whole:len(t)], u[:])
	}
	return ^good == 0
}
