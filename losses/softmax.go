package losses

import (
	"gorgonia.org/tensor"

	"softloss/losses/internal/kernel"
)

// Softmax returns the softmax of every row of the logits.
//
//	p_k = exp(z_k) / Σ_j exp(z_j)
//
// Shapes: logits [N, K] → [N, K], float32 or float64, a new tensor. A vector [K] is one row, [N, T,
// K] are N·T rows.
//
// Special cases are:
//
//	logit -Inf                          p = 0
//	a NaN or +Inf logit, or all -Inf    that row is NaN, no other
//	K = 1                               p = 1
//
// Errors: [ErrNil], [ErrShape], [ErrDtype]. Source: Blanchard, Higham and Higham, IMA Journal of
// Numerical Analysis 2021.
func Softmax(logits tensor.Tensor) (*tensor.Dense, error) { return softmaxMap().Apply(logits) }

// LogSoftmax returns the logarithm of the softmax of every row of the logits.
//
//	l_k = z_k - log Σ_j exp(z_j)
//
// It is right where log(Softmax(z)) is not: down to -1e30 and, in float32, for l as small as
// -1e-30. Shapes, special cases (l = log p; l = 0 for K = 1) and errors are those of [Softmax].
func LogSoftmax(logits tensor.Tensor) (*tensor.Dense, error) { return logSoftmaxMap().Apply(logits) }

// LogSumExp returns log Σ_k exp(z_k) of every row of the logits.
//
// Shapes: logits [N, K] → [N]; of a vector [K] it is a scalar. It is NaN for the rows for which
// [Softmax] is; errors are the same.
func LogSumExp(logits tensor.Tensor) (*tensor.Dense, error) { return logSumExpMap().Apply(logits) }

// SoftmaxGrad returns the gradient with respect to the logits of Σ upstream·Softmax(logits):
//
//	p_k (u_k - Σ_j p_j u_j)
//
// Shapes: logits and upstream [N, K] → [N, K], of one dtype, or of other ranks as for Softmax. An
// infinite u_k does no harm where p_k is 0. Errors: [ErrNil], [ErrShape], [ErrDtype].
func SoftmaxGrad(logits, upstream tensor.Tensor) (*tensor.Dense, error) {
	return softmaxMap().Grad(logits, upstream)
}

// LogSoftmaxGrad returns the gradient with respect to the logits of Σ upstream·LogSoftmax(logits):
//
//	u_k - p_k Σ_j u_j
//
// Shapes and errors are those of [SoftmaxGrad].
func LogSoftmaxGrad(logits, upstream tensor.Tensor) (*tensor.Dense, error) {
	return logSoftmaxMap().Grad(logits, upstream)
}

// LogSumExpGrad returns the gradient with respect to the logits of Σ upstream·LogSumExp(logits):
//
//	u_n p_k
//
// Shapes: logits [N, K], upstream [N] → [N, K], of one dtype. Errors are those of [SoftmaxGrad].
func LogSumExpGrad(logits, upstream tensor.Tensor) (*tensor.Dense, error) {
	return logSumExpMap().Grad(logits, upstream)
}

// SoftmaxMap returns [Softmax] with its derivatives.
func SoftmaxMap() RowMap { return softmaxMap() }

// LogSoftmaxMap returns [LogSoftmax] with its derivatives.
func LogSoftmaxMap() RowMap { return logSoftmaxMap() }

// LogSumExpMap returns [LogSumExp] with its derivatives.
func LogSumExpMap() RowMap { return logSumExpMap() }

// softmaxMap is [Softmax] as a map of rows. Its Jacobian is symmetric. With a = u - ⟨p,u⟩ and b = v
// - ⟨p,v⟩ its second derivative is p_k (a_k b_k - Σ_j p_j a_j b_j).
func softmaxMap() kernelMap {
	return kernelMap{
		f32: rowKernels[float32]{kernel.Softmax[float32], kernel.SoftmaxGrad[float32]},
		f64: rowKernels[float64]{kernel.Softmax[float64], kernel.SoftmaxGrad[float64]},
		wideMap: wideMap{
			key: "softmax", arg: "logits",
			along: func(dst, z, v, _ []float64) {
				centerBySoftmax(dst, z, v)
				scaleBy(dst, z, 1)
			},
			gradAlong: func(dst, z, u, v, _ []float64) {
				centerBySoftmax(v, z, v)
				center(u, z, u)
				for k := range dst {
					dst[k] = u[k] * v[k]
				}
				center(dst, z, dst)
				scaleBy(dst, z, 1)
			},
		},
	}
}

// logSoftmaxMap is [LogSoftmax] as a map of rows. Its derivative along v is v_k - Σ_j p_j v_j,
// right, too, for the class whose p is nearly 1; its second derivative is -(Σ_j u_j) p_k (v_k - Σ_j
// p_j v_j).
func logSoftmaxMap() kernelMap {
	return kernelMap{
		f32: rowKernels[float32]{kernel.LogSoftmax[float32], kernel.LogSoftmaxGrad[float32]},
		f64: rowKernels[float64]{kernel.LogSoftmax[float64], kernel.LogSoftmaxGrad[float64]},
		wideMap: wideMap{
			key: "logsoftmax", arg: "logits",
			along: func(dst, z, v, _ []float64) { centerBySoftmax(dst, z, v) },
			gradAlong: func(dst, z, u, v, _ []float64) {
				var sum float64
				for _, x := range u {
					sum += x
				}
				centerBySoftmax(dst, z, v)
				scaleBy(dst, z, -sum)
			},
		},
	}
}

// logSumExpMap is [LogSumExp] as a map of rows. Its derivative along v is Σ_k p_k v_k, its second
// derivative u_n p_k (v_k - Σ_j p_j v_j).
func logSumExpMap() kernelMap {
	return kernelMap{
		f32: rowKernels[float32]{kernel.LogSumExp[float32], kernel.LogSumExpGrad[float32]},
		f64: rowKernels[float64]{kernel.LogSumExp[float64], kernel.LogSumExpGrad[float64]},
		wideMap: wideMap{
			key: "logsumexp", arg: "logits", reduces: true,
			along: func(dst, z, v, _ []float64) {
				kernel.Softmax(z, z, len(z))
				dst[0] = expected(z, v)
			},
			gradAlong: func(dst, z, u, v, _ []float64) {
				centerBySoftmax(dst, z, v)
				scaleBy(dst, z, u[0])
			},
		},
	}
}

// centerBySoftmax stores v - ⟨p,v⟩ in dst, which may be v, and p, the softmax of z, in z.
func centerBySoftmax(dst, z, v []float64) {
	kernel.Softmax(z, z, len(z))
	center(dst, z, v)
}
