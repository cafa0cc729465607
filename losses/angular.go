package losses

import "math"

// turned is what an angle, or a margin, has made of a row's label logit.
type turned struct {
	class       int
	by          float64 // what was added to it
	slope, bend float64 // the first and the second derivative of the sum by it

	along, pull float64 // of a second derivative: the logit's part of the direction, the loss's derivative by the sum
}

// angle is the additive angular margin a of a label's cosine z = cos θ:
//
//	ψ(z) = cos(θ+a)         where θ <= π-a
//	ψ(z) = -2 - cos(θ+a)    beyond, so that it goes on falling with θ without a jump
//
// the second as in SphereFace (Liu et al., CVPR 2017, arXiv:1704.08063, section 3.2). At z = ±1,
// where the derivatives ψ' = cos a + z sin a/sin θ and ψ″ = sin a/sin³ θ are infinite, they are
// those of ±most, the nearest numbers between.
func angle(z, a, most float64) turned {
	x := min(max(z, -1), 1) // rounding beyond 1 is cut; a NaN stays
	sin, cos := math.Sincos(a)
	s := math.Sqrt((1 - x) * (1 + x))
	psi := x*cos - s*sin
	if at := min(max(x, -most), most); at != x {
		s, x = math.Sqrt((1-at)*(1+at)), at
	}
	slope, bend := cos+x*sin/s, sin/(s*s*s)
	if x < -cos {
		psi, slope, bend = -2-psi, -slope, -bend
	}
	return turned{by: psi - z, slope: slope, bend: bend}
}

// cosine is the largest number of T below 1.
func (b *batch[T]) cosine() float64 {
	if single[T]() {
		return 1 - 0x1p-24
	}
	return 1 - 0x1p-53
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

// turnBack takes the gradients of the label's logits back through the angle.
func (b *batch[T]) turnBack() {
	for i, t := range b.turned {
		j := i*b.k + t.class
		g := float64(b.grad[j])
		if b.targetGrad != nil { // a label t bends its logit linearly, z + t (ψ(z) - z)
			b.targetGrad[j] += T(t.by*g + t.pull*(t.slope-1)*t.along)
		}
		b.grad[j] = T(g*t.slope + t.pull*t.bend*t.along)
	}
}
