package losses

import (
	"math"

	"softloss/losses/internal/kernel"
)

// angle is the additive angular margin a of a label's cosine z = cos θ:
//
//	ψ(z) = cos(θ+a)         where θ <= π-a
//	ψ(z) = -2 - cos(θ+a)    beyond, so that it goes on falling with θ without a jump
//
// the second as in SphereFace (Liu et al., CVPR 2017, arXiv:1704.08063, section 3.2). At z = ±1,
// where the derivative is infinite, slope is that of the nearest number between.
func angle[T kernel.Float](z T, a float64) (psi, slope float64) {
	x := min(max(float64(z), -1), 1) // rounding beyond 1 is cut; a NaN stays
	sin, cos := math.Sincos(a)
	s := math.Sqrt((1 - x) * (1 + x))
	psi = x*cos - s*sin
	between := 1 - float64(epsilonBelow1[T]())
	if at := min(max(x, -between), between); at != x {
		s, x = math.Sqrt((1-at)*(1+at)), at
	}
	if slope = cos + x*sin/s; x < -cos {
		return -2 - psi, -slope
	}
	return psi, slope
}

// epsilonBelow1 is the distance from 1 to the nearest number of T below.
func epsilonBelow1[T kernel.Float]() T {
	if T(1)-T(0x1p-53) == 1 {
		return T(0x1p-24)
	}
	return T(0x1p-53)
}

// turn lowers the label's logit of row i by the angle, in z, and returns the label.
func (b *batch[T]) turn(z []T, i int) {
	y := b.label(i)
	psi, _ := angle(z[y], b.angular)
	z[y] = T(psi)
}

// label returns the class of row i, -1 unless its labels are one-hot.
func (b *batch[T]) label(i int) (y int) {
	if b.index != nil {
		return b.index[i]
	}
	y = -1
	for j, t := range part(b.labels, i, i+1, b.k) {
		switch {
		case t == 1 && y < 0:
			y = j
		case t != 0:
			return -1
		}
	}
	return y
}

// checkAngles wants one-hot labels and label logits that are cosines. It returns the row, counted
// from the first, and what is wrong with it.
func (b *batch[T]) checkAngles() (bad int, err error) {
	for i := range b.n {
		y := b.label(i)
		if y < 0 {
			return i, cellError(ErrLabel, "labels", b.first+i, -1, "the row", "is not one-hot",
				"an index or one-hot labels beside AngularMargin")
		}
		if z := b.input[i*b.k+y]; math.Abs(float64(z)) > 1+1e-6 {
			return i, cellError(ErrParam, "logits", b.first+i, y, z, "is no cosine",
				"a number in [-1, 1] where the label is, beside AngularMargin")
		}
	}
	return -1, nil
}

// turnBack takes the gradients of the label's logits back through the angle; given are the logits
// as they were.
func (b *batch[T]) turnBack(given []T) {
	for i := range b.n {
		j := i*b.k + b.label(i)
		psi, slope := angle(given[j], b.angular)
		if b.targetGrad != nil { // a label t bends its logit linearly, z + t (ψ(z) - z)
			b.targetGrad[j] += T((psi - float64(given[j])) * float64(b.grad[j]))
		}
		b.grad[j] = T(float64(b.grad[j]) * slope)
	}
}
