package losses

import (
	"softloss/internal/dense"
)

// setScale sets the factors of the gradients by the logits, n of them: one for all rows or one a
// row, of which the first are distinct and the others repeat them. Where T cannot hold all of them,
// excess has them.
func (b *batch[T]) setScale(n, distinct int, scale *[]T, excess *[]float64) {
	b.scale, b.excess = dense.Grow(scale, n), nil
	for i := range distinct {
		f := b.factor(i)
		if b.scale[i] = T(f); !holds[T](f) {
			b.excess = dense.Grow(excess, n)
			break
		}
	}
	repeat(b.scale, distinct)
	for i := range b.excess {
		b.scale[i], b.excess[i] = 1, b.factor(i)
	}
}

// factor returns that of the gradients of row i by the logits.
func (b *batch[T]) factor(i int) float64 {
	f := of(b.share, i) * b.lift / b.temperature
	if b.rowWeight != nil {
		f *= own(b, b.rowWeight, i, i+1)[0]
	}
	return f
}
