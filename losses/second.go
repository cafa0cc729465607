package losses

import (
	"gorgonia.org/tensor"

	"softloss/losses/internal/kernel"
)

// LogSoftmaxAlong returns the derivative of [LogSoftmax] along v, its Jacobian times a vector:
//
//	v_k - Σ_j p_j v_j
//
// which is right, too, for the class whose p is nearly 1. Shapes: logits and v [N, K] → [N, K], of one dtype. Errors:
// [ErrNil], [ErrShape], [ErrDtype]. For [Softmax] the derivative along v is [SoftmaxGrad], its Jacobian being symmetric.
func LogSoftmaxAlong(logits, v tensor.Tensor) (*tensor.Dense, error) {
	return secondRows(logits, nil, v, 0, 2, func(dst, _, _, b []float64) { copy(dst, b) })
}

// LogSumExpAlong returns the derivative of [LogSumExp] along v:
//
//	Σ_k p_k v_k
//
// Shapes: logits and v [N, K] → [N], of one dtype. Errors are those of [LogSoftmaxAlong].
func LogSumExpAlong(logits, v tensor.Tensor) (*tensor.Dense, error) {
	return secondRows(logits, nil, v, 0, 1, func(dst, p, u, _ []float64) { dst[0] = expected(p, u) })
}

// SoftmaxGradGrad returns the gradient with respect to the logits of Σ v·SoftmaxGrad(logits, upstream). With
// a = u - ⟨p,u⟩ and b = v - ⟨p,v⟩ it is
//
//	p_k (a_k b_k - Σ_j p_j a_j b_j)
//
// Shapes: logits, upstream and v [N, K] → [N, K], of one dtype. What is infinite does no harm where p is 0.
// Errors are those of [LogSoftmaxAlong].
func SoftmaxGradGrad(logits, upstream, v tensor.Tensor) (*tensor.Dense, error) {
	return secondRows(logits, upstream, v, 2, 2, func(dst, p, u, b []float64) {
		center(u, p, u)
		for k := range dst {
			dst[k] = u[k] * b[k]
		}
		center(dst, p, dst)
		scaleBy(dst, p, 1)
	})
}

// LogSoftmaxGradGrad returns the gradient with respect to the logits of Σ v·LogSoftmaxGrad(logits, upstream):
//
//	-(Σ_j u_j) p_k (v_k - Σ_j p_j v_j)
//
// Shapes and errors are those of [SoftmaxGradGrad].
func LogSoftmaxGradGrad(logits, upstream, v tensor.Tensor) (*tensor.Dense, error) {
	return secondRows(logits, upstream, v, 2, 2, func(dst, p, u, b []float64) {
		var sum float64
		for _, x := range u {
			sum += x
		}
		copy(dst, b)
		scaleBy(dst, p, -sum)
	})
}

// LogSumExpGradGrad returns the gradient with respect to the logits of Σ v·LogSumExpGrad(logits, upstream):
//
//	u_n p_k (v_k - Σ_j p_j v_j)
//
// Shapes: logits and v [N, K], upstream [N] → [N, K], of one dtype. Errors are those of [LogSoftmaxAlong].
func LogSumExpGradGrad(logits, upstream, v tensor.Tensor) (*tensor.Dense, error) {
	return secondRows(logits, upstream, v, 1, 2, func(dst, p, u, b []float64) {
		copy(dst, b)
		scaleBy(dst, p, u[0])
	})
}

// Along returns the derivative of [Smoothing.Apply] along v, its Jacobian times a vector:
//
//	SmoothPrior     (1-α) v_k + α μ_k Σ_j v_j
//	SmoothUniform   (1-α) v_k
//	SmoothNotebook  v_k where t_k > α/nnz, 0 elsewhere
//
// Second derivatives of the smoothing are 0. Shapes and errors are those of [Smoothing.Grad].
func (s Smoothing) Along(labels, v tensor.Tensor) (*tensor.Dense, error) {
	if s.Rule != SmoothPrior || s.Prior == nil { // symmetric
		return s.Grad(labels, v)
	}
	t, err := s.labels(labels)
	if err != nil {
		return nil, err
	}
	if _, err := s.Grad(t, v); err != nil { // what may be wrong with labels and v
		return nil, err
	}
	return secondRows(t, nil, v, 0, 2, func(dst, _, u, _ []float64) {
		var sum float64
		for _, x := range u {
			sum += x
		}
		for k := range dst {
			dst[k] = times(1-s.Alpha, u[k]) + times(s.Alpha*s.Prior[k], sum)
		}
	})
}

// secondRows computes a second derivative row by row in float64 and returns it as a new tensor of dims dimensions. f stores in
// dst what it makes of p, the softmax of the row, of u, the upstream row, which it may write to, and of
// b = v - ⟨p,v⟩. When upDims is 0 there is no upstream, and u is v.
func secondRows(logits, upstream, v tensor.Tensor, upDims, dims int, f func(dst, p, u, b []float64)) (*tensor.Dense, error) {
	z, err := denseOf("logits", logits)
	if err != nil {
		return nil, err
	}
	if err := CheckLogits(z); err != nil {
		return nil, err
	}
	d, err := likeOf("direction", v, z.Dtype(), z.Shape()...)
	if err != nil {
		return nil, err
	}
	u := d
	if upDims > 0 {
		if u, err = likeOf("upstream", upstream, z.Dtype(), z.Shape()[:upDims]...); err != nil {
			return nil, err
		}
	}
	out := tensor.New(tensor.Of(z.Dtype()), tensor.WithShape(z.Shape()[:dims]...))
	if z.Dtype() == tensor.Float32 {
		err = secondTyped[float32](out, z, u, d, f)
	} else {
		err = secondTyped[float64](out, z, u, d, f)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func secondTyped[T kernel.Float](out, z, u, v *tensor.Dense, f func(dst, p, u, b []float64)) error {
	n, k := z.Shape()[0], z.Shape()[1]
	var rows [3][]T
	for i, x := range []*tensor.Dense{z, u, v} {
		var buf []T
		var err error
		if rows[i], err = floats([]string{"logits", "upstream", "direction"}[i], x, len(x.Shape())-1, &buf); err != nil {
			return err
		}
	}
	dst := raw[T](out)
	wide := make([]float64, 5*k)
	x, p, ub, b, r := wide[:k], wide[k:2*k], wide[2*k:3*k], wide[3*k:4*k], wide[4*k:]
	wu, wd := len(rows[1])/n, out.Shape().TotalSize()/n
	for i := range n {
		widen(x, rows[0][i*k:])
		kernel.Softmax(p, x, k)
		widen(ub[:wu], rows[1][i*wu:])
		widen(b, rows[2][i*k:])
		center(b, p, b)
		f(r[:wd], p, ub[:wu], b)
		for j := range wd {
			dst[i*wd+j] = T(r[j])
		}
	}
	return nil
}

// widen copies the first len(dst) elements of src.
func widen[T kernel.Float](dst []float64, src []T) {
	for i := range dst {
		dst[i] = float64(src[i])
	}
}

// center stores x - ⟨p,x⟩ in dst, which may be x. The differences are taken from the element of the largest p first, so that
// nothing is lost where p is nearly 1 and x - ⟨p,x⟩ nearly 0.
func center(dst, p, x []float64) {
	top := 0
	for k := range p {
		if p[k] > p[top] {
			top = k
		}
	}
	at := x[top]
	var mean float64
	for k := range p {
		if dst[k] = x[k] - at; k != top && p[k] != 0 {
			mean += p[k] * dst[k]
		}
	}
	dst[top] = 0
	for k := range p {
		dst[k] -= mean
	}
}

// expected is ⟨p,x⟩; an x does not count where p is 0.
func expected(p, x []float64) (sum float64) {
	for k := range p {
		if p[k] != 0 {
			sum += p[k] * x[k]
		}
	}
	return sum
}

// scaleBy multiplies x by f·p, which is 0 where p is.
func scaleBy(x, p []float64, f float64) {
	for k := range x {
		if x[k] *= f * p[k]; p[k] == 0 {
			x[k] = 0
		}
	}
}
