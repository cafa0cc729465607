package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// softmaxes are some rows with their exponentials and what is known of their softmax.
type softmaxes[T kernel.Float] struct {
	first int // the number of the first row
	s     []kernel.SoftmaxOf
	e     []T // the exponentials; the gradients where they are wanted
	z, t  []T
	index []int
	spare []T // memory for as many numbers
}

// class returns the class of a row, -1 where there are labels.
func (c *softmaxes[T]) class(i int) (y int) {
	if c.index == nil {
		return -1
	}
	return c.index[i]
}

// bySoftmax evaluates the rows of b: each those that are ordinary, of which it sets the coefficient
// of others to 0, and alone row i of the others, of which it says whether its labels are valid. It
// returns the first row with an invalid label, or -1.
func (b *batch[T]) bySoftmax(each func(c softmaxes[T]), alone func(i int) (valid bool)) (bad int) {
	m, k := b.chunk(), b.k
	for lo := 0; lo < b.n; lo += m {
		hi := min(lo+m, b.n)
		c := softmaxes[T]{first: lo, s: dense.Grow(&b.softmax, m)[:hi-lo], e: part(b.grad, lo, hi, k),
			z: part(b.input, lo, hi, k), t: part(b.target, lo, hi, k), index: part(b.index, lo, hi, 1)}
		size, buf := len(c.z), dense.Grow(&b.tmp, 2*m*k) // alone takes it, too
		if c.spare = buf[m*k:][:size]; c.e == nil {
			c.e = buf[:size]
		}
		kernel.SoftmaxRows(c.s, c.e, c.z, c.t, c.index, k)
		each(c)
		for i, s := range c.s {
			if s.Coef == 0 && !alone(lo+i) {
				return lo + i
			}
		}
	}
	return -1
}
