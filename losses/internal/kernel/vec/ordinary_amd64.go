//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

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
// that are not ordinary.
func ordinaryRow[T spec.Float](u unit[T], e, z []T) (o ordinary[T], ok bool) {
	var m, em T
	var sum float64
	var done uint32
	if e == nil {
		m, em, sum, o.a, done = u.odds(&z[0], len(z), ahead(z))
	} else {
		m, em, sum, o.a, done = u.oddsExps(&e[0], &z[0], len(z), ahead(z))
	}
	o.m, o.em = float64(m), float64(em)
	o.r = sum / o.em
	return o, done != 0
}

// ordinaryLabels is ordinaryRow for a row with labels t, which declines some that are no labels
// too.
func ordinaryLabels[T spec.Float](u unit[T], e, z, t []T) (o ordinary[T], ok bool) {
	var m, em T
	var sum float64
	var done uint32
	if e == nil {
		m, em, sum, o.dot, o.others, o.a, done = u.oddsDot(&z[0], &t[0], len(z), ahead(z))
	} else {
		m, em, sum, o.dot, o.others, o.a, done = u.oddsDotExps(&e[0], &z[0], &t[0], len(z), ahead(z))
	}
	o.m, o.em = float64(m), float64(em)
	o.r = sum / o.em
	return o, done != 0
}

// ahead is how many elements ahead the kernels prefetch: the next row, or part of this one.
func ahead[T spec.Float](z []T) int { return min(len(z), reach/spec.Size[T]()) }

// reach is how many bytes ahead the kernels prefetch at most. On AMD's processors that is nothing:
// they fetch rows ahead by themselves, more at a time than a program's requests let them, with
// which a batch that no cache holds takes a third longer.
var reach = func() int {
	if amd() {
		return 0
	}
	return 4096
}()

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

// ordinaryCrossEntropy computes one row, of which it returns the maximum and log1p(r). It returns
// false for one that is not ordinary, that has an invalid label, or whose labels overflow.
func ordinaryCrossEntropy[T spec.Float](u unit[T], loss *float64, g, x, y []T, f float64) (m, log float64, ok bool) {
	o, ok := ordinaryLabels(u, g, x, y)
	if !ok {
		return 0, 0, false
	}
	mass := o.others + float64(y[o.a])
	if !fits[T](mass, f) {
		return 0, 0, false
	}
	log = math.Log1p(o.r)
	*loss = mass*log - o.dot
	if g != nil {
		o.softGrad(u, g, y, mass, f, 0)
	}
	return o.m, log, true
}
