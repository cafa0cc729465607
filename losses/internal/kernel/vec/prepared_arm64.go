//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// mostPrepared bounds prepared logits: m, a multiple of the grid, then has no more than 22 digits.
const mostPrepared = 1 << 13

// Prepares reports whether there are kernels of cross entropy for logits prepared by p:
// [CrossEntropyRows] and [CrossEntropyRow].
func Prepares[T spec.Float](p *spec.Prepared[T]) bool { return 0x1p-60 < p.Factor && p.Factor < 0x1p60 }

// Together is false: rows are computed one by one.
func Together[T spec.Float](int) bool { return false }

// preparedrow is the softmax of an ordinary row of prepared logits y, which are numbers, near each
// other and not large: m is a multiple of the grid next to the largest, which is at a, above m, and
// exp(y - m) there is top.
type preparedrow[T spec.Float] struct {
	softrow[T]
	p                 *spec.Prepared[T]
	factor, factorLow T
	above             float64
}

// beginPrepared is begin for prepared logits.
func beginPrepared[T spec.Float](p *spec.Prepared[T], z []T) (s preparedrow[T], ok bool) {
	gap, n, whole := 86., len(z), wholeBlocks[T](len(z))
	s.p, s.factor = p, T(p.Factor)
	s.factorLow = T(p.Factor - float64(s.factor))
	if spec.Size[T]() == 8 {
		gap, s.factorLow = 700, T(p.FactorLow)
	}
	least, most := math.Inf(1), math.Inf(-1)
	if whole > 0 {
		least, most = preparedEnds(&z[0], first(p.Hi), whole, s.factor)
	}
	if whole < n {
		var b preparedBlock[T]
		hi, _ := s.fill(&b, z, whole)
		low, high := preparedEnds(&b.z[0], hi, block[T](), s.factor)
		least, most = min(least, low), max(most, high) // NaN where either is
	}
	size := 1.
	if p.Hi == nil {
		size = p.Factor
	}
	if !(math.Abs(most*size) < mostPrepared && (most-least)*size < gap) {
		return s, false
	}
	s.a = whole
	if whole > 0 {
		s.a -= int(findPrepared(&z[0], first(p.Hi), whole, s.factor, T(most)))
	}
	for j := s.a + 1; j < min(s.a+block[T](), n); j++ {
		if p.Less(z, j, s.a) > 0 {
			s.a = j
		}
	}
	m := spec.OnGrid[T](p.Beyond(z, s.a, 0))
	s.above = p.Beyond(z, s.a, m)
	s.m, s.top = T(m), math.Exp(s.above)
	return s, true
}

// preparedBlock is a block of a row of which the last element comes again and again where it ends.
type preparedBlock[T spec.Float] struct{ z, hi, low [8]T }

// fill stores the block of z at from in b, and returns the pointers to hi and low, nil for none.
func (s *preparedrow[T]) fill(b *preparedBlock[T], z []T, from int) (hi, low *T) {
	copyBlock(&b.z, z, from)
	if s.p.Hi == nil {
		return nil, nil
	}
	copyBlock(&b.hi, s.p.Hi, from)
	copyBlock(&b.low, s.p.Low, from)
	return &b.hi[0], &b.low[0]
}

func copyBlock[T spec.Float](dst *[8]T, x []T, from int) {
	for j := range dst {
		dst[j] = x[min(from+j, len(x)-1)]
	}
}

// sums is that of [softrow] with all exponents relative to m.
func (s *preparedrow[T]) sums(e, z, t []T) (o rowSums) {
	most := len(z)
	if spec.Size[T]() == 8 {
		most = 32 // elements at once, lest a sum is rounded again and again
	}
	var exps, mass rounded
	s.walk(len(z), func(from, end int) {
		for ; from < end; from += most {
			var sum [3]float64
			to := min(from+most, end)
			o.signs |= preparedExps(&sum, first(part(e, from, to)), &z[from], first(part(t, from, to)),
				first(part(s.p.Hi, from, to)), first(part(s.p.Low, from, to)), to-from, -s.m, s.factor, s.factorLow)
			exps.add(sum[0])
			mass.add(sum[1])
			o.dot += sum[2]
		}
	}, func(from int) {
		var sum [3]float64
		var own [8]T
		var b preparedBlock[T]
		hi, low := s.fill(&b, z, from)
		preparedExps(&sum, &own[0], &b.z[0], nil, hi, low, block[T](), -s.m, s.factor, s.factorLow)
		to := min(from+block[T](), len(z))
		if from <= s.a && s.a < to {
			own[s.a-from] = 0
		}
		for j := from; j < to; j++ {
			exps.add(float64(own[j-from]))
			if t == nil || j == s.a {
				continue
			}
			y := float64(t[j])
			if math.Signbit(y) {
				o.signs = math.MaxUint64
			}
			mass.add(y)
			o.dot += y * s.p.Beyond(z, j, float64(s.m))
		}
		if e != nil {
			copy(e[from:to], own[:])
		}
	})
	o.exps, o.mass = exps.sum+exps.lost, mass.sum+mass.lost
	return o
}

// rounded is a sum, and what rounding took from it.
type rounded struct{ sum, lost float64 }

func (r *rounded) add(x float64) {
	sum := r.sum + x
	y := sum - r.sum
	r.lost += (r.sum - (sum - y)) + (x - y)
	r.sum = sum
}

// logs stores the logarithms of the softmax in dst, given r.
func (s *preparedrow[T]) logs(dst, z []T, r float64) {
	whole, log := wholeBlocks[T](len(z)), T(s.above+math.Log1p(r))
	if whole > 0 {
		preparedLogs(&dst[0], &z[0], first(s.p.Hi), first(s.p.Low), whole, -s.m, s.factor, s.factorLow, log)
	}
	if whole < len(z) {
		var l [8]T
		var b preparedBlock[T]
		hi, low := s.fill(&b, z, whole)
		preparedLogs(&l[0], &b.z[0], hi, low, block[T](), -s.m, s.factor, s.factorLow, log)
		copy(dst[whole:], l[:])
	}
	dst[s.a] = T(-math.Log1p(r))
}

// softGrad turns g, which holds the exponentials, into f ((S + extra) p - t) for the mass S.
func (s *preparedrow[T]) softGrad(g, t []T, o rowSums, mass, r, f, extra float64) {
	combineRow(g, t, T((mass+extra)/(s.top+o.exps)), T(-f))
	if own := float64(t[s.a]); r < 1 { // p_a > 1/2
		g[s.a] = T(f * ((o.mass - mass*(r/(1+r))) + extra/(1+r)))
	} else {
		g[s.a] = T(f * ((mass+extra)/(1+r) - own))
	}
}

// softIndexGrad turns g, which holds the exponentials, into f ((1 + extra) p - [k=y]).
func (s *preparedrow[T]) softIndexGrad(g []T, o rowSums, y int, r, f, extra float64) {
	coef, p, rest := 1/(s.top+o.exps), 1/(1+r), r/(1+r) // p_y and 1 - p_y
	if y != s.a {
		p = float64(g[y]) * coef
		rest = 1 - p
	}
	scaleRow(g, T(f*(1+extra)*coef))
	g[s.a] = T(f * (1 + extra) / (1 + r))
	g[y] = T(f * (extra*p - rest))
}

// CrossEntropyRow computes the cross entropy of one row of prepared logits y, with labels t or,
// where t is nil, class index, and lse = log Σ exp y. The gradient is that with an additional term,
//
//	grad_k = f ((S + extra lse) q_k - t_k),   q = softmax(y)
//
// ok is false for a row that is not ordinary, or in which extra lse shows what lse has lost. It
// leaves that alone but for grad.
func CrossEntropyRow[T spec.Float](p *spec.Prepared[T], loss *float64, grad, z, t []T, index int, f, extra float64) (
	lse float64, ok bool) {
	_, _, lse, ok = preparedRow(p, loss, grad, z, t, index, f, extra)
	return lse, ok
}

// preparedRow is CrossEntropyRow and returns the row and the odds against its largest, too.
func preparedRow[T spec.Float](p *spec.Prepared[T], loss *float64, grad, z, t []T, index int, f, extra float64) (
	s preparedrow[T], r, lse float64, ok bool) {
	if s, ok = beginPrepared(p, z); !ok {
		return s, 0, 0, false
	}
	o, mass := s.sums(grad, z, t), 1.0
	r = o.exps / s.top
	log := math.Log1p(r)
	lse = float64(s.m) + (s.above + log)
	if t != nil {
		own := float64(t[s.a])
		if mass = o.mass + own; negative[T](o.signs) || math.Signbit(own) {
			return s, 0, 0, false
		}
	}
	if !fits[T](mass+math.Abs(extra*lse), f) || spec.ShowsLost[T](mass, extra, lse) {
		return s, 0, 0, false
	}
	if extra *= lse; t != nil {
		if *loss = mass*log - (o.dot - o.mass*s.above); grad != nil {
			s.softGrad(grad, t, o, mass, r, f, extra)
		}
	} else if *loss = log - p.Less(z, index, s.a); grad != nil {
		s.softIndexGrad(grad, o, index, r, f, extra)
	}
	return s, r, lse, true
}

// CrossEntropyRowLabels is [CrossEntropyRow] with labels and stores the gradients by them in
// labelGrad.
func CrossEntropyRowLabels[T spec.Float](p *spec.Prepared[T], loss *float64, grad, labelGrad, z, t []T,
	f, extra float64, l spec.LabelGrads[T]) (lse float64, ok bool) {
	s, r, lse, ok := preparedRow(p, loss, grad, z, t, 0, f, extra)
	if ok {
		s.logs(labelGrad, z, r)
		l.Row(labelGrad, t, 0)
	}
	return lse, ok
}

// CrossEntropyRows is [CrossEntropyRow] for many rows, with a factor and an extra for all rows or
// one a row, nil for 0. It reports whether all were ordinary: lse is NaN of those that were not,
// and what else is stored for them means nothing. Without an extra lse is 0 of the others.
func CrossEntropyRows[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, z, t []T, index []int,
	scale, extra []T, k int) (all bool) {
	return preparedRows(p, loss, lse, grad, nil, z, t, index, scale, extra, k, spec.LabelGrads[T]{})
}

// CrossEntropyRowsLabels is [CrossEntropyRows] with labels and stores the gradients by them in
// labelGrad.
func CrossEntropyRowsLabels[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, labelGrad, z, t,
	scale, extra []T, k int, l spec.LabelGrads[T]) (all bool) {
	return preparedRows(p, loss, lse, grad, labelGrad, z, t, nil, scale, extra, k, l)
}

func preparedRows[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, labelGrad, z, t []T, index []int,
	scale, extra []T, k int, l spec.LabelGrads[T]) (all bool) {
	all = true
	for i := range loss {
		class, more := 0, 0.0
		if t == nil {
			class = index[i]
		}
		if extra != nil {
			more = spec.Factor(extra, i)
		}
		x, y := spec.Row(z, i, k), spec.Row(t, i, k)
		s, r, sum, ok := preparedRow(p, &loss[i], spec.Row(grad, i, k), x, y, class, spec.Factor(scale, i), more)
		switch {
		case !ok:
			lse[i], all = math.NaN(), false
			continue
		case extra == nil:
			sum = 0
		}
		lse[i] = sum
		if labelGrad != nil {
			g := spec.Row(labelGrad, i, k)
			s.logs(g, x, r)
			l.Row(g, y, i)
		}
	}
	return all
}

// Lower is [spec.Prepared.Lower].
func Lower[T spec.Float](p *spec.Prepared[T], t []T, margin, shift []float64, temperature float64) (ok bool) {
	return p.Lower(t, margin, shift, temperature)
}

// Set is [spec.Prepared.Set].
func Set[T spec.Float](p *spec.Prepared[T], k int, s, temperature float64) (ok bool) {
	return p.Set(k, s, temperature)
}

// Shifts is false: there is no such kernel in this build.
func Shifts[T spec.Float]() bool { return false }

// SigmoidShifted is not called.
func SigmoidShifted[T spec.Float](loss []float64, grad, yes, no, scale []T) (ok bool) { return false }

// RowByRow is false: there is no such kernel in this build.
func RowByRow[T spec.Float](int) bool { return false }

// SoftmaxRows is not called.
func SoftmaxRows[T spec.Float](s []spec.SoftmaxOf, e, z, t []T, index []int, k int) {}
