//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// ordinary is the softmax of an ordinary row: its logits are numbers, near each other and not
// large.
type ordinary[T spec.Float] struct {
	m  float64 // the largest logit
	em float64 // of which the exponential, divided by a power of two, is this
	r  float64 // the odds against it
	a  int     // where it stands

	dot, others float64 // Σ t (z - m), and the mass of the labels but that of the maximum
}

// ordinaryRow stores the exponentials of z in e, or nothing where e is nil. ok is false for rows
// that are not ordinary. It prefetches far elements ahead.
func ordinaryRow[T spec.Float](u unit[T], e, z []T, far int) (o ordinary[T], ok bool) {
	var m T
	var sum float64
	var done uint32
	if e == nil {
		m, o.em, sum, o.a, done = u.odds(&z[0], len(z), far)
	} else {
		m, o.em, sum, o.a, done = u.oddsExps(&e[0], &z[0], len(z), far)
	}
	o.m = float64(m)
	o.r = sum / o.em
	return o, done != 0
}

// ordinaryLabels is ordinaryRow for a row with labels t, which declines some that are no labels
// too.
func ordinaryLabels[T spec.Float](u unit[T], e, z, t []T, far int) (o ordinary[T], ok bool) {
	var m T
	var sum float64
	var done uint32
	if e == nil {
		m, o.em, sum, o.dot, o.others, o.a, done = u.oddsDot(&z[0], &t[0], len(z), far)
	} else {
		m, o.em, sum, o.dot, o.others, o.a, done = u.oddsDotExps(&e[0], &z[0], &t[0], len(z), far)
	}
	o.m = float64(m)
	o.r = sum / o.em
	return o, done != 0
}

// coef returns what makes probabilities of exponentials.
func (o *ordinary[T]) coef() float64 { return 1 / ((1 + o.r) * o.em) }

// sure reports whether p_a > 1/2: then no other class is as likely, and it is computed for itself.
func (o *ordinary[T]) sure() bool { return o.r < 1 }

// softmax turns g, which holds the exponentials, into c p.
func (o *ordinary[T]) softmax(u unit[T], g []T, c float64) {
	u.scale(&g[0], len(g), T(c*o.coef()))
	if o.sure() {
		g[o.a] = T(c / (1 + o.r))
	}
}

// indexGrad turns g, which holds the exponentials, into f ((1 + extra) p - [k=y]).
func (o *ordinary[T]) indexGrad(u unit[T], g []T, y int, f, extra float64) {
	p, rest := 1/(1+o.r), o.r/(1+o.r) // p_y and 1 - p_y
	if y != o.a {
		p = float64(g[y]) * o.coef()
		rest = 1 - p
	}
	o.softmax(u, g, f*(1+extra))
	g[y] = T(f * (extra*p - rest))
}

// softGrad turns g, which holds the exponentials, into f ((S + extra) p - t).
func (o *ordinary[T]) softGrad(u unit[T], g, t []T, mass, f, extra float64) {
	u.combine(&g[0], &t[0], len(g), T((mass+extra)/((1+o.r)*o.em)), T(f))
	if o.sure() {
		g[o.a] = T(f * ((o.others - mass*(o.r/(1+o.r))) + extra/(1+o.r)))
	}
}

// ordinaryGrads stores the gradients of the rows from row i on of logits prepared by p, with
// factors and extras as those of [CrossEntropyRows], as many as there is room for in rows, or those
// before the first that is not for it, and returns how many.
func ordinaryGrads[T spec.Float](u unit[T], p *spec.Prepared[T], rows []rowNumbers, grad, z, t []T, index []int,
	scale, extra []T, i, k int) int {
	f, step := numberOf(scale, i)
	more, each := (*T)(nil), 0
	if extra != nil {
		more, each = numberOf(extra, i)
	}
	lo, hi, far, n := i*k, (i+len(rows))*k, ahead(spec.Row(z, i, k)), len(rows)
	x, g, to := &z[lo:hi][0], &grad[lo:hi][0], &rows[0].m
	if t != nil {
		switch y := &t[lo:hi][0]; {
		case p.Off():
			return u.ordinaryGrads(g, x, y, f, to, k, n, step, more, each, far)
		case p.Hi == nil:
			return u.dividedGrads(g, x, y, f, to, k, n, step, more, each, p.Factor, p.FactorLow, far)
		default:
			return u.shiftedGrads(g, x, y, f, to, k, n, step, more, each, &p.Power[0], &p.Rest[0], &p.Hi[0], &p.Low[0],
				p.Factor, p.FactorLow, far)
		}
	}
	classes := index[i : i+n]
	for _, y := range classes {
		_ = z[:k][y]
	}
	switch y := &classes[0]; {
	case p.Off():
		return u.ordinaryIndexGrads(g, x, y, f, to, k, n, step, more, each, far)
	case p.Hi == nil:
		return u.dividedIndexGrads(g, x, y, f, to, k, n, step, more, each, p.Factor, p.FactorLow, far)
	default:
		return u.shiftedIndexGrads(g, x, y, f, to, k, n, step, more, each, &p.Power[0], &p.Rest[0], &p.Hi[0], &p.Low[0],
			p.Factor, p.FactorLow, far)
	}
}

// numberOf returns the number of row i and how many bytes lie between those of rows, which all have
// one where there is one.
func numberOf[T spec.Float](x []T, i int) (at *T, step int) {
	if len(x) > 1 {
		return &x[i], spec.Size[T]()
	}
	return &x[0], 0
}

// ordinaryLosses is ordinaryGrads without the gradients.
func ordinaryLosses[T spec.Float](u unit[T], rows []rowNumbers, z, t, scale []T, i, k int) int {
	for j := range rows {
		x, ok := sumsOf(u, spec.Row(z, i+j, k), spec.Row(t, i+j, k), spec.Factor(scale, i+j))
		if !ok {
			return j
		}
		rows[j] = x
	}
	return len(rows)
}

// sumsOf returns what the loss of one row with the factor f is made of.
func sumsOf[T spec.Float](u unit[T], z, t []T, f float64) (x rowNumbers, ok bool) {
	if t == nil {
		o, ok := ordinaryRow(u, nil, z, ahead(z))
		return rowNumbers{m: o.m, r: o.r}, ok && fits[T](1, f)
	}
	o, ok := ordinaryLabels(u, nil, z, t, ahead(z))
	if !ok {
		return x, false
	}
	mass := o.others + float64(t[o.a])
	return rowNumbers{m: o.m, r: o.r, mass: mass, dot: o.dot}, fits[T](mass, f)
}
