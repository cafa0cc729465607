package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// termRows is the kernel of the WeightedSum s, which l is: those of its terms, one after the other,
// for as many rows as stay in the cache. Rows that are not finite so, and those with a factor that
// T does not hold, are computed by Row.
func termRows[T kernel.Float](b *batch[T], s WeightedSum, l Loss) (bad int) {
	if foreign(l) || b.twins || !s.addsUp() || len(b.scale) == 1 && !holdsTerms(s, b.scale) {
		return byRow(b, l)
	}
	most := b.rowsIn(termElements)
	for lo := 0; lo < b.n; lo += most {
		c := b.slice(lo, min(lo+most, b.n))
		ok, bad := addTerms(&c, s)
		switch {
		case bad >= 0:
			return lo + bad
		case ok && holdsTerms(s, c.scale):
			continue
		}
		for i, x := range c.loss {
			row := c.slice(i, i+1)
			if !holdsTerms(s, row.scale) || !finite(x) || !finite(kernel.Sum(row.grad)) {
				c.row(l, i)
			}
		}
	}
	return -1
}

// termElements are as many as stay in the second cache: of fewer, what a kernel does once for all
// its rows would count.
const termElements = 1 << 14

// Sums by kernels have few terms, since each one's gradient is rounded, and no weight so large that
// it would show the digits that a denormal p has lost, of which a gradient is a multiple.
const (
	mostTerms      = 4
	mostTermWeight = 1 << 10
)

// addsUp reports whether what the kernels of the terms give can be added up: the terms are few and
// no sums themselves, and their weights are neither 0 nor large.
func (s WeightedSum) addsUp() bool {
	if len(s) > mostTerms {
		return false
	}
	for _, t := range s {
		if _, ok := t.Loss.(WeightedSum); ok || t.Weight == 0 || t.Weight > mostTermWeight {
			return false
		}
	}
	return true
}

// holdsTerms reports whether T holds the factors of all terms' gradients.
func holdsTerms[T kernel.Float](s WeightedSum, scale []T) bool {
	for _, t := range s {
		for _, f := range scale {
			if !holds[T](float64(f) * t.Weight) {
				return false
			}
		}
	}
	return true
}

// addTerms evaluates the rows of b by every term. It returns the first row with an invalid label,
// or -1, and whether losses and gradients are finite.
func addTerms[T kernel.Float](b *batch[T], s WeightedSum) (ok bool, bad int) {
	loss, grad := dense.Grow(&b.termLoss, b.n), dense.Grow(&b.termGrad, len(b.grad))
	term := *b
	term.loss = loss
	term.scale = dense.Grow(&b.termScale, len(b.scale))
	clear(b.loss)
	if b.byTarget != nil {
		term.byTarget = dense.Grow(&b.termTarget, len(b.byTarget))
		clear(b.byTarget)
	}
	for i, t := range s {
		if i > 0 && b.grad != nil {
			term.grad = grad
		}
		for j, f := range b.scale {
			term.scale[j] = T(float64(f) * t.Weight)
		}
		if bad := evaluate(&term, t.Loss); bad >= 0 {
			return false, bad
		}
		if b.byTarget != nil {
			kernel.AddScaled(b.byTarget, term.byTarget, t.Weight)
		}
		for j, l := range loss {
			b.loss[j] += t.Weight * l
		}
		if i > 0 && b.grad != nil {
			ok = kernel.Add(b.grad, grad)
		}
	}
	if len(s) == 1 || b.grad == nil {
		ok = finite(kernel.Sum(b.grad))
	}
	return ok && finite(kernel.Sum(b.loss)), -1
}
