package losses

import (
	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// SoftmaxInto stores the softmax of every row of the logits in dst. It allocates nothing once it
// has run on these shapes.
//
// Shapes and special cases are those of [Softmax]; dst is contiguous, of the shape and dtype of the
// logits, and may be the logits. Errors: [ErrNil], [ErrShape], also for memory that dst and logits
// have in common in part, and [ErrDtype]; nothing is written then.
func SoftmaxInto(dst *tensor.Dense, logits tensor.Tensor) error {
	return softmaxMap().into(dst, logits)
}

// LogSoftmaxInto stores the logarithm of the softmax of every row of the logits in dst, as
// [SoftmaxInto] the softmax.
func LogSoftmaxInto(dst *tensor.Dense, logits tensor.Tensor) error {
	return logSoftmaxMap().into(dst, logits)
}

func (m kernelMap) into(dst *tensor.Dense, logits tensor.Tensor) error {
	z, err := m.logits(logits)
	if err != nil {
		return err
	}
	if err := checkOutput("dst", dst, z.Dtype()); err != nil {
		return err
	}
	if err := checkShape("dst", dst.Shape(), z.Shape()...); err != nil {
		return err
	}
	inPlace := dense.RowMajor(z) && z.Uintptr() == dst.Uintptr()
	if !inPlace && dense.Overlap(dst, z) {
		return argError(ErrShape, "dst", "the tensor", "shares part of its memory with the logits",
			"a tensor of its own, or the logits")
	}
	m.store(dst, z)
	return nil
}
