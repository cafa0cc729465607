package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// sparseRows is the kernel of the loss of a sparse map: values, gradients and, along the direction,
// their derivatives. It returns the first row with an invalid label, or -1.
func sparseRows[T kernel.Float](b *batch[T], n sparse) (bad int) {
	if b.direction != nil {
		for i := range b.n {
			if !(b.sumsToOne(i) && sparseAlong(b, n, i)) {
				return i
			}
		}
		return -1
	}
	quick := b.targetGrad == nil
	if quick && kernel.HasSparse() {
		return kernel.Sparse(int(n), b.loss, b.grad, b.byTarget, b.input, b.target, b.index, b.scale,
			dense.Grow(&b.tmp, kernel.SparseScratch(b.k)), b.k,
			func(i int) (valid bool) { return b.sumsToOne(i) && sparseAlone(b, n, i) })
	}
	for i := range b.n {
		quickly := func() bool { return quick && sparseRow(b, n, i, dense.Grow(&b.wide, 2*b.k)) }
		if !(b.sumsToOne(i) && (quickly() || sparseAlone(b, n, i))) {
			return i
		}
	}
	return -1
}

// sparseAlone computes all that is wanted of row i, but along no direction, and reports whether its
// labels are valid.
func sparseAlone[T kernel.Float](b *batch[T], n sparse, i int) (valid bool) {
	k := b.k
	w := dense.Grow(&b.wide, 7*k)
	field := func(j int) []float64 { return w[j*k : (j+1)*k : (j+1)*k] }
	z, t, d, scratch := field(2), field(3), field(4), field(5)
	if !b.rowTarget(t, i) {
		return false
	}
	beside := b.besides(field(6), t, i)
	at, _ := n.solve(widened(z, part(b.input, i, i+1, k)), w[:2*k])
	n.diff(d, t, beside, at)
	b.loss[i] = n.lossOf(d, t, at)
	if b.grad != nil {
		f, g := of(b.scale, i), part(b.grad, i, i+1, k)
		for j, x := range d {
			g[j] = T(f * x)
		}
	}
	if b.targetGrad == nil && b.byTarget == nil {
		return true
	}
	for j := range d {
		d[j] = n.slope(t[j], at.gap[j], 1)
	}
	if b.byTarget != nil {
		kernel.Round(part(b.byTarget, i, i+1, k), d)
	} else {
		b.storeTargetGrad(i, d, scratch)
	}
	return true
}

// sparseAlong computes the derivatives of row i along the direction v: of the loss ⟨p-t,v⟩, of its
// gradient w∘(v - mean), with the mean of v by w, the weights of the map's Jacobian, and of that by
// the labels mean - v. It reports whether its labels are valid.
func sparseAlong[T kernel.Float](b *batch[T], n sparse, i int) (valid bool) {
	k := b.k
	buf := dense.Grow(&b.wide, 5*k)
	field := func(j int) []float64 { return buf[j*k : (j+1)*k : (j+1)*k] }
	w, t, v, scratch := field(0), field(1), field(2), field(3)
	if !b.rowTarget(t, i) {
		return false
	}
	kernel.Widen(v, part(b.direction, i, i+1, k))
	if b.temperature != 1 {
		for j := range v {
			v[j] /= b.temperature
		}
	}
	kernel.Divide(w, part(b.input, i, i+1, k), nil, float64(n))
	at, one, shift, ok := n.locate(w, field(4)[:0])
	var slope, sum, mean, from float64 // the mean of v - from
	if from = shift; ok {              // or NaN
		from = v[at.top]
	}
	for j, x := range w {
		g, d := (one+x)+shift, -t[j]
		if w[j] = 0; g > 0 {
			if d, w[j] = n.power(g)-t[j], 1; n == entmax15 {
				w[j] = g
			}
			if at.leads(j) {
				d = (1 - t[j]) - at.rest
			}
			sum += w[j]
			mean += w[j] * (v[j] - from)
		}
		slope += times(d, v[j])
	}
	mean /= sum
	if b.loss[i] = slope; !ok {
		b.loss[i] = shift
	}
	if b.grad != nil {
		f, g := of(b.scale, i), part(b.grad, i, i+1, k)
		for j, w := range w {
			if g[j] = 0; w != 0 || !ok {
				g[j] = T(f * (w * ((v[j] - from) - mean)))
			}
		}
	}
	if b.targetGrad != nil {
		for j, x := range v {
			v[j] = mean - (x - from)
		}
		b.storeTargetGrad(i, v, scratch)
	}
	return true
}

// sparseRow computes loss and gradient of row i as sparseRows does, in memory for 2K numbers, but
// looks only at what is near the largest logit: the others have no probability. It returns false
// for a row without probabilities, or with an invalid label.
func sparseRow[T kernel.Float](b *batch[T], n sparse, i int, memory []float64) (ok bool) {
	k := b.k
	gap := memory[:k:k]
	kernel.Divide(gap, part(b.input, i, i+1, k), nil, float64(n))
	at, one, shift, ok := n.locate(gap, memory[k:k])
	if !ok {
		return false
	}
	f, grad := of(b.scale, i), part(b.grad, i, i+1, k)
	if b.index != nil {
		b.loss[i] = sparseIndex(n, at, one, shift, b.index[i], grad, f)
		return true
	}
	b.loss[i], ok = sparseLabels(n, at, one, shift, part(b.target, i, i+1, k), grad, f)
	return ok
}

// sparseLabels returns the loss for the labels t and stores f times the gradient. ok is false for
// an invalid label.
func sparseLabels[T kernel.Float](
	n sparse, at point, one, shift float64, t, grad []T, f float64) (loss float64, ok bool) {
	t = t[:len(at.gap)]
	var sum precise
	for j, x := range at.gap {
		v, g := float64(t[j]), (one+x)+shift
		if !(v >= 0 && v <= math.MaxFloat64) {
			return 0, false
		}
		d := -v
		switch {
		case g > 0 || j == at.top:
			var term float64
			term, d = n.class(g, v, at.rest, at.leads(j))
			sum.add(term)
		case v == 0:
			d = 0
		case n == sparsemax: // as term
			sum.add(v * (0.5*v - g))
		default:
			sum.add(v * (2 * (2./3*math.Sqrt(v) - g)))
		}
		if grad != nil {
			grad[j] = T(f * d)
		}
	}
	return sum.value(), true
}

// sparseIndex is sparseLabels for class y.
func sparseIndex[T kernel.Float](n sparse, at point, one, shift float64, y int, grad []T, f float64) float64 {
	clear(grad)
	var loss precise
	for j, x := range at.gap {
		g := (one + x) + shift
		if !(g > 0) && j != y {
			continue
		}
		t := 0.0
		if j == y {
			t = 1
		}
		term, d := n.class(g, t, at.rest, at.leads(j))
		loss.add(term)
		if grad != nil {
			grad[j] = T(f * d)
		}
	}
	return loss.value()
}

// class returns a class's term of the loss, and p - t.
func (n sparse) class(g, t, rest float64, leads bool) (term, d float64) {
	d = n.power(g) - t
	if leads {
		d = (1 - t) - rest
	}
	return n.term(g, t, d), d
}
