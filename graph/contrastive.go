package graph

import (
	"fmt"
	"math"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// CosineLogits returns the cosines of rows with the vectors of classes as a node, for losses with
// margins and for contrastive ones:
//
//	z_nk = ⟨x_n/|x_n|, w_k/|w_k|⟩
//	dL/dx_n = Σ_k dL/dz_nk (w_k/|w_k| - z_nk x_n/|x_n|)/|x_n|, and alike for w
//
// Shapes: x [N, D] and w [K, D], of one dtype → [N, K], differentiable by both, also twice. A row
// of zeros has cosine 0 with all, and gradient 0. Give the loss a Temperature: cosines are within
// -1 and 1, where what rounding takes beyond them is cut.
//
// Errors: [losses.ErrNil], [losses.ErrShape], [losses.ErrDtype], and [ErrNode] for nodes of two
// graphs, or one node given twice.
func CosineLogits(x, w *gorgonia.Node) (*gorgonia.Node, error) {
	if err := checkVectors("x", x); err != nil {
		return nil, err
	}
	if err := checkLike("w", w, "x", x); err != nil {
		return nil, err
	}
	if d, k := x.Shape()[1], w.Shape()[1]; d != k {
		return nil, argError(losses.ErrShape, "w", fmt.Sprintf("shape %v", w.Shape()), "is wrong",
			fmt.Sprintf("rows of %d, like those of x", d))
	}
	z, err := cosines(x, w)
	if err != nil {
		return nil, err
	}
	return apply(newWithinOp(), z)
}

// InfoNCE returns the contrastive loss of pairs: row n of a belongs to row n of b and to no other.
// It is the cross entropy of
//
//	z_nm = cos(a_n, b_m) / temperature
//
// against the index 0 … N-1, in nats; its gradients are those of [Apply] and [CosineLogits]. For
// CLIP's symmetric loss take the mean of InfoNCE(a, b, …) and InfoNCE(b, a, …).
//
// Shapes: a and b [N, D], of one dtype; the loss is a scalar, or [N] with None. WeightedMean is
// Mean. A row of zeros has cosine 0 with all, and gradient 0.
//
// Errors: [losses.ErrParam] unless temperature is finite and > 0, [losses.ErrReduction], and those
// of [CosineLogits].
//
// Source: van den Oord, Li and Vinyals 2018, arXiv:1807.03748, eq. (4). Golden file:
// testdata/peers_contrastive.json (PyTorch).
func InfoNCE(a, b *gorgonia.Node, temperature float64, reduction losses.Reduction) (*gorgonia.Node, error) {
	c, err := contrastive(temperature, reduction)
	if err != nil {
		return nil, err
	}
	if err := checkVectors("a", a); err != nil {
		return nil, err
	}
	if err := checkLike("b", b, "a", a); err != nil {
		return nil, err
	}
	if a.Shape()[0] != b.Shape()[0] || a.Shape()[1] != b.Shape()[1] {
		return nil, argError(losses.ErrShape, "b", fmt.Sprintf("shape %v", b.Shape()), "is wrong",
			fmt.Sprintf("%v, that of a", a.Shape()))
	}
	z, err := cosines(a, b)
	if err != nil {
		return nil, err
	}
	index := make([]int, a.Shape()[0])
	for i := range index {
		index[i] = i
	}
	return Apply(c, z, tensor.New(tensor.WithShape(len(index)), tensor.WithBacking(index)))
}

// SupCon returns the supervised contrastive loss: every row belongs to the other rows of its class.
// With P_n these and A_n all rows but n it is
//
//	L_n = -1/|P_n| Σ_{p ∈ P_n} log(exp(s_np/T) / Σ_{a ∈ A_n} exp(s_na/T)),   s_nm = cos(x_n, x_m)
//
// with the temperature T: a cross entropy whose labels are uniform over P_n. A row without another
// one of its class costs nothing and does not count in the mean. With the number of the image as
// the index of two views of each it is NT-Xent (SimCLR).
//
// Shapes: x [N, D]; index [N] or [N, 1] of any integers, which are only compared; the loss is a
// scalar, or [N] with None. WeightedMean is Mean. A row of zeros has cosine 0 with all, and
// gradient 0.
//
// Errors: [losses.ErrParam] unless temperature is finite and > 0, [losses.ErrReduction], those of
// [CosineLogits] for x and of [Apply] for the index.
//
// Source: Khosla et al. 2020, arXiv:2004.11362, eq. (2). Golden file:
// testdata/peers_contrastive.json (pytorch-metric-learning, optax).
func SupCon(x *gorgonia.Node, index Target, temperature float64, reduction losses.Reduction) (*gorgonia.Node, error) {
	c, err := contrastive(temperature, reduction)
	if err != nil {
		return nil, err
	}
	if err := checkVectors("x", x); err != nil {
		return nil, err
	}
	if err := checkTarget("index", "index [N]", index, x, "argument x"); err != nil {
		return nil, err
	}
	n, s := x.Shape()[0], index.Shape()
	if !dense.IsInteger(index.Dtype()) {
		return nil, argError(losses.ErrDtype, "index", fmt.Sprintf("dtype %v", index.Dtype()), "is wrong", "integers")
	}
	if s.TotalSize() != n || len(s) < 1 || len(s) > 2 || s[0] != n {
		return nil, argError(losses.ErrShape, "index", fmt.Sprintf("shape %v", s), "is wrong",
			fmt.Sprint(tensor.Shape{n}))
	}
	cos, err := cosines(x, x)
	if err != nil {
		return nil, err
	}
	z, err := apply(newOthersOp(), cos)
	if err != nil {
		return nil, err
	}
	y := targetNode(x.Graph(), index)
	labels, err := apply(newPartnersOp(y, x.Dtype(), true), y)
	if err != nil {
		return nil, err
	}
	kept, err := apply(newPartnersOp(y, x.Dtype(), false), y)
	if err != nil {
		return nil, err
	}
	return ApplyWith(c, z, labels, Options{SampleWeights: kept})
}

// contrastive returns the criterion of a contrastive loss.
func contrastive(temperature float64, reduction losses.Reduction) (losses.Criterion, error) {
	c := losses.Criterion{Temperature: temperature, Reduction: reduction}
	if !(temperature > 0 && temperature <= math.MaxFloat64) {
		return c, argError(losses.ErrParam, "temperature", fmt.Sprint(temperature), "is out of range",
			"a finite number > 0")
	}
	return c, c.Validate()
}

// checkVectors wants a matrix of floats.
func checkVectors(arg string, x *gorgonia.Node) error {
	if err := checkNode(arg, x, "a node [N, D]"); err != nil {
		return err
	}
	if dt := x.Dtype(); dt != tensor.Float32 && dt != tensor.Float64 {
		return argError(losses.ErrDtype, arg, fmt.Sprintf("dtype %v", dt), "is not supported", "float32 or float64")
	}
	if s := x.Shape(); len(s) != 2 || slices.Min(s) < 1 {
		return argError(losses.ErrShape, arg, fmt.Sprintf("shape %v", s), "is wrong", "[N, D]")
	}
	return nil
}

// checkLike wants a matrix of another one's dtype and graph.
func checkLike(arg string, n *gorgonia.Node, of string, other *gorgonia.Node) error {
	if err := checkVectors(arg, n); err != nil {
		return err
	}
	if n.Dtype() != other.Dtype() {
		return argError(losses.ErrDtype, arg, fmt.Sprintf("dtype %v", n.Dtype()), "is wrong",
			fmt.Sprintf("%v, that of %s", other.Dtype(), of))
	}
	return anotherNode(arg, n, other, "argument "+of)
}

// cosines returns the cosines of the rows of x with those of w.
func cosines(x, w *gorgonia.Node) (*gorgonia.Node, error) {
	m := losses.UnitMap()
	a, err := apply(newRowOp(m, "x", x, false), x)
	if err != nil {
		return nil, err
	}
	b, err := apply(newRowOp(m, "w", w, false), w)
	if err != nil {
		return nil, err
	}
	if b, err = gorgonia.Transpose(b, 1, 0); err != nil {
		return nil, err
	}
	return gorgonia.Mul(a, b)
}

// newOthersOp returns z [N, N] → z with -Inf on the diagonal: no row is compared with itself.
func newOthersOp() *forwardOp {
	return newCosineOp("softloss{others}", func(z *tensor.Dense) *tensor.Dense { return withDiagonal(z, math.Inf(-1)) },
		func(u *tensor.Dense) *tensor.Dense { return withDiagonal(u, 0) })
}

// newWithinOp returns z → z cut to [-1, 1], beyond which only rounding takes cosines; the gradient
// is that of z.
func newWithinOp() *forwardOp {
	return newCosineOp("softloss{within}", func(z *tensor.Dense) *tensor.Dense {
		return changed(z, cut[float32], cut[float64])
	}, func(u *tensor.Dense) *tensor.Dense { return changed(u, func([]float32) {}, func([]float64) {}) })
}

// newCosineOp returns a function of cosines as an op; back, which is linear, takes its gradient
// back.
func newCosineOp(text string, forward, back func(*tensor.Dense) *tensor.Dense) *forwardOp {
	matrix := kind{arg: "cosines", dims: 2}
	op := &forwardOp{
		function: newFunction(text, []kind{matrix}, matrix),
		wrt:      []bool{true},
		linear:   true,
		gradient: func(_ int, _ []*tensor.Dense, u *tensor.Dense) (*tensor.Dense, error) { return back(u), nil },
		second:   func(_ int, _ []*tensor.Dense, _, v *tensor.Dense) (*tensor.Dense, error) { return back(v), nil },
	}
	op.shape = func(in []tensor.Shape) tensor.Shape { return in[0] }
	op.run = func(in []*tensor.Dense) (*tensor.Dense, error) { return forward(in[0]), nil }
	return op
}

// changed returns a copy of a matrix that the function of its dtype has changed.
func changed(x *tensor.Dense, single func([]float32), double func([]float64)) *tensor.Dense {
	out := dense.Unset(x.Dtype(), x.Shape()...)
	if x.Dtype() == tensor.Float32 {
		copy(dense.Memory[float32](out), dense.Rows(x, 1, new([]float32)))
		single(dense.Memory[float32](out))
	} else {
		copy(dense.Memory[float64](out), dense.Rows(x, 1, new([]float64)))
		double(dense.Memory[float64](out))
	}
	return out
}

// cut brings numbers into [-1, 1]; a NaN stays.
func cut[T dense.Float](z []T) {
	for i, v := range z {
		z[i] = min(max(v, -1), 1)
	}
}

// withDiagonal returns a copy of a square matrix with another diagonal.
func withDiagonal(x *tensor.Dense, v float64) *tensor.Dense {
	n := x.Shape()[0]
	return changed(x, func(z []float32) { setDiagonal(z, n, v) }, func(z []float64) { setDiagonal(z, n, v) })
}

func setDiagonal[T dense.Float](z []T, n int, v float64) {
	for i := range n {
		z[i*n+i] = T(v)
	}
}

// newPartnersOp returns index [N] → labels [N, N] of dtype dt, uniform over the other rows of a
// row's class, or → weights [N], 0 for a row that has none and 1 for the others.
func newPartnersOp(index losses.Operand, dt tensor.Dtype, labels bool) *function {
	in := kind{arg: "index", dims: len(index.Shape()), of: index.Dtype()}
	out := kind{arg: "partners", dims: 1, of: dt}
	if labels {
		out.dims = 2
	}
	f := newFunction(fmt.Sprintf("softloss{partners index=%v(%d) dims=%d %v}", in.of, in.dims, out.dims, dt),
		[]kind{in}, out)
	f.shape = func(in []tensor.Shape) tensor.Shape {
		n := in[0][0]
		return tensor.Shape{n, n}[:out.dims]
	}
	f.run = func(in []*tensor.Dense) (*tensor.Dense, error) {
		y := dense.Bits(in[0])
		result := dense.New(dt, tensor.Shape{len(y), len(y)}[:out.dims]...)
		if dt == tensor.Float32 {
			partners(dense.Memory[float32](result), y)
		} else {
			partners(dense.Memory[float64](result), y)
		}
		return result, nil
	}
	return &f
}

// partners stores in dst, which has N or N² elements, what newPartnersOp returns for the classes of
// N rows.
func partners[T dense.Float](dst []T, y []uint64) {
	count := map[uint64]int{}
	for _, class := range y {
		count[class]++
	}
	for i, class := range y {
		others := count[class] - 1
		if len(dst) == len(y) {
			dst[i] = T(min(others, 1))
			continue
		}
		for j := range y {
			if j != i && y[j] == class {
				dst[i*len(y)+j] = 1 / T(others)
			}
		}
	}
}
