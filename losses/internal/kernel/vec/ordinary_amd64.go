//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// ordinary is the softmax of an ordinary row: its logits are numbers, near each other and not
// large.
type ordinary[T spec.Float] struct {
	m  T       // the largest logit
	em float64 // of which the exponential, divided by a power of two, is this
	r  float64 // the odds against it
	a  int     // where it stands
}

// ordinaryRow stores the exponentials of z in e, or nothing where e is nil. ok is false for rows
// that are not ordinary.
func ordinaryRow[T spec.Float](u unit[T], e, z []T) (o ordinary[T], ok bool) {
	var em T
	var sum float64
	var done uint32
	if e == nil {
		o.m, em, sum, o.a, done = u.odds(&z[0], len(z), ahead(z))
	} else {
		o.m, em, sum, o.a, done = u.oddsExps(&e[0], &z[0], len(z), ahead(z))
	}
	o.em = float64(em)
	o.r = sum / o.em
	return o, done != 0
}

// ahead is how many elements ahead the kernels prefetch: the next row, or part of this one.
func ahead[T spec.Float](z []T) int { return min(len(z), 4096/spec.Size[T]()) }

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

// indexGrad turns g, which holds the exponentials, into c (p - [k=y]).
func (o *ordinary[T]) indexGrad(u unit[T], g []T, y int, c float64) {
	rest := o.r / (1 + o.r) // 1 - p_y
	if y != o.a {
		rest = 1 - float64(g[y])*o.coef()
	}
	o.softmax(u, g, c)
	g[y] = T(-c * rest)
}

// ordinaryCrossEntropy computes one row. It returns false for one that is not ordinary, that has an
// invalid label, or whose labels overflow.
func ordinaryCrossEntropy[T spec.Float](u unit[T], loss *float64, g, x, y []T, f float64) bool {
	var em T
	var sum, dot, others float64 // others is the mass of the labels but that of the maximum
	var a int
	var done uint32
	if g != nil {
		_, em, sum, dot, others, a, done = u.oddsDotExps(&g[0], &x[0], &y[0], len(x), ahead(x))
	} else {
		_, em, sum, dot, others, a, done = u.oddsDot(&x[0], &y[0], len(x), ahead(x))
	}
	if done == 0 {
		return false
	}
	mass := others + float64(y[a])
	if !fits[T](mass, f) {
		return false
	}
	r := sum / float64(em)
	*loss = mass*math.Log1p(r) - dot
	if g == nil {
		return true
	}
	u.combine(&g[0], &y[0], len(g), T(mass/((1+r)*float64(em))), T(f))
	if r < 1 {
		g[a] = T(f * (others - mass*(r/(1+r))))
	}
	return true
}
