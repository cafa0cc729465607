package losses

import (
	"gorgonia.org/tensor"

	"softloss/losses/internal/kernel"
	"softloss/losses/internal/rows"
)

// Softmax returns the softmax of every row of the logits.
//
//	p_k = exp(z_k) / Σ_j exp(z_j)
//
// Shapes: logits [N, K] → [N, K], float32 or float64, a new tensor.
//
// Special cases are:
//
//	logit -Inf                          p = 0
//	a NaN or +Inf logit, or all -Inf    that row is NaN, no other
//	K = 1                               p = 1
//
// Errors: [ErrNil], [ErrShape], [ErrDtype]. Source: Blanchard, Higham and
// Higham, IMA Journal of Numerical Analysis 2021.
func Softmax(logits tensor.Tensor) (*tensor.Dense, error) {
	return mapRows(logits, nil, 2, kernelMap{f32: kernel.Softmax[float32], f64: kernel.Softmax[float64]})
}

// LogSoftmax returns the logarithm of the softmax of every row of the logits.
//
//	l_k = z_k - log Σ_j exp(z_j)
//
// It is right where log(Softmax(z)) is not: down to -1e30 and, in float32, for
// l as small as -1e-30. Shapes, special cases (l = log p; l = 0 for K = 1) and errors are those of [Softmax].
func LogSoftmax(logits tensor.Tensor) (*tensor.Dense, error) {
	return mapRows(logits, nil, 2, kernelMap{f32: kernel.LogSoftmax[float32], f64: kernel.LogSoftmax[float64]})
}

// LogSumExp returns log Σ_k exp(z_k) of every row of the logits.
//
// Shapes: logits [N, K] → [N]. It is NaN for the rows for which [Softmax] is; errors are the same.
func LogSumExp(logits tensor.Tensor) (*tensor.Dense, error) {
	return mapRows(logits, nil, 1, kernelMap{f32: kernel.LogSumExp[float32], f64: kernel.LogSumExp[float64]})
}

// SoftmaxGrad returns the gradient with respect to the logits of Σ upstream·Softmax(logits):
//
//	p_k (u_k - Σ_j p_j u_j)
//
// Shapes: logits and upstream [N, K] → [N, K], of one dtype. An infinite u_k does no
// harm where p_k is 0. Errors: [ErrNil], [ErrShape], [ErrDtype].
func SoftmaxGrad(logits, upstream tensor.Tensor) (*tensor.Dense, error) {
	return mapRows(logits, upstream, 2, kernelMap{g32: kernel.SoftmaxGrad[float32], g64: kernel.SoftmaxGrad[float64], upDims: 2})
}

// LogSoftmaxGrad returns the gradient with respect to the logits of Σ upstream·LogSoftmax(logits):
//
//	u_k - p_k Σ_j u_j
//
// Shapes and errors are those of [SoftmaxGrad].
func LogSoftmaxGrad(logits, upstream tensor.Tensor) (*tensor.Dense, error) {
	return mapRows(logits, upstream, 2, kernelMap{g32: kernel.LogSoftmaxGrad[float32], g64: kernel.LogSoftmaxGrad[float64], upDims: 2})
}

// LogSumExpGrad returns the gradient with respect to the logits of Σ upstream·LogSumExp(logits):
//
//	u_n p_k
//
// Shapes: logits [N, K], upstream [N] → [N, K], of one dtype. Errors are those of [SoftmaxGrad].
func LogSumExpGrad(logits, upstream tensor.Tensor) (*tensor.Dense, error) {
	return mapRows(logits, upstream, 2, kernelMap{g32: kernel.LogSumExpGrad[float32], g64: kernel.LogSumExpGrad[float64], upDims: 1})
}

// CheckLogits returns the error that [Softmax] and its kin would: [ErrNil], [ErrShape] or [ErrDtype]
// unless logits are [N, K] float32 or float64.
func CheckLogits(logits Operand) error {
	if missing(logits) {
		return argError(ErrNil, "logits", "nil", "is no tensor", "logits [N, K]")
	}
	if err := checkFloat("logits", logits.Dtype()); err != nil {
		return err
	}
	return checkMatrix("logits", logits.Shape())
}

// kernelMap is a function of a row, for each dtype: of logits alone (f) or of logits
// and an upstream gradient of upDims dimensions (g).
type kernelMap struct {
	f32    func(dst, z []float32, k int)
	f64    func(dst, z []float64, k int)
	g32    func(dst, z, u []float32, k int)
	g64    func(dst, z, u []float64, k int)
	upDims int
}

// mapRows applies m to every row and returns a new tensor of dims dimensions.
func mapRows(logits, upstream tensor.Tensor, dims int, m kernelMap) (*tensor.Dense, error) {
	z, err := denseOf("logits", logits)
	if err != nil {
		return nil, err
	}
	if err := CheckLogits(z); err != nil {
		return nil, err
	}
	var u *tensor.Dense
	if m.upDims > 0 {
		if u, err = likeOf("upstream", upstream, z.Dtype(), z.Shape()[:m.upDims]...); err != nil {
			return nil, err
		}
	}
	out := tensor.New(tensor.Of(z.Dtype()), tensor.WithShape(z.Shape()[:dims]...))
	if z.Dtype() == tensor.Float32 {
		err = mapTyped(out, z, u, dims, m.upDims, m.f32, m.g32)
	} else {
		err = mapTyped(out, z, u, dims, m.upDims, m.f64, m.g64)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func mapTyped[T kernel.Float](out, z, u *tensor.Dense, dims, upDims int, f func(dst, z []T, k int), g func(dst, z, u []T, k int)) error {
	n, k := z.Shape()[0], z.Shape()[1]
	var zbuf, ubuf []T
	src, err := floats("logits", z, 1, &zbuf)
	if err != nil {
		return err
	}
	var up []T
	if u != nil {
		if up, err = floats("upstream", u, upDims-1, &ubuf); err != nil {
			return err
		}
	}
	dst := raw[T](out)
	width := func(dims int) int { // elements a row of a tensor of so many dimensions
		if dims == 1 {
			return 1
		}
		return k
	}
	wd, wu := width(dims), width(upDims)
	group := rows.Group{Body: func(_, lo, hi int) {
		if g != nil {
			g(dst[lo*wd:hi*wd], src[lo*k:hi*k], up[lo*wu:hi*wu], k)
			return
		}
		f(dst[lo*wd:hi*wd], src[lo*k:hi*k], k)
	}}
	group.Run(n, rows.Parts(n, grain/k))
	return nil
}
