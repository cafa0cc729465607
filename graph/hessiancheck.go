package graph

import (
	"math"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// Check runs the graph and compares the products with differences of the gradients along the
// vectors. It returns the largest deviation relative to the largest element of the products: about
// 1e-8 in float64 and 1e-2 in float32 when all is well, around 1 when an op's second derivative is
// wrong. A kink within a small step, as Rectify's at 0, shows too. It runs the graph five times;
// all inputs must have values, which it leaves as they are.
//
// Errors: those of the runs, see [Cause]; [ErrNode] when a weight has no value or all vectors are
// 0.
func (h *Hessian) Check() (worst float64, err error) {
	at := make([]gorgonia.Value, len(h.weights))
	var w, v float64 // the largest weight and element of a vector
	for i, n := range h.weights {
		if at[i] = n.Value(); at[i] == nil {
			return 0, argError(ErrNode, "weights", describe(n), "has no value", "")
		}
		w = max(w, largest(floatsOf(at[i])))
		if d := h.Vectors[i]; d != nil {
			v = max(v, largest(floatsOf(d.Value())))
		}
	}
	if v == 0 {
		return 0, argError(ErrNode, "vectors", "all of them", "are 0, along which there is nothing to compare", "")
	}
	defer func() {
		for i, n := range h.weights {
			if back := gorgonia.Let(n, at[i]); err == nil {
				err = back
			}
		}
	}()
	step := 1e-3
	if h.Cost.Dtype() == tensor.Float32 {
		step = 2e-2
	}
	want, err := h.differences(at, step*max(1, w)/v)
	if err != nil {
		return 0, err
	}
	products, err := h.values(h.ProductValues, at, 0)
	if err != nil {
		return 0, err
	}
	return deviation(products, want), nil
}

// differences returns the derivatives of the gradients g along the vectors,
//
//	(8 (g(h) - g(-h)) - (g(2h) - g(-2h))) / 12h
//
// at the weights.
func (h *Hessian) differences(at []gorgonia.Value, step float64) ([][]float64, error) {
	out := make([][]float64, len(h.weights))
	for _, p := range [...]struct{ at, factor float64 }{{1, 8}, {-1, -8}, {2, -1}, {-2, 1}} {
		gradients, err := h.values(h.GradientValues, at, p.at*step)
		if err != nil {
			return nil, err
		}
		for i, g := range gradients {
			out[i] = slices.Grow(out[i], len(g))[:len(g)]
			for j, x := range g {
				out[i][j] += p.factor * x / (12 * step)
			}
		}
	}
	return out, nil
}

// deviation returns the largest difference between got and want, relative to their largest element.
func deviation(got, want [][]float64) float64 {
	var worst, size float64
	for i, p := range got {
		size = max(size, largest(p), largest(want[i]))
		for j, x := range p {
			worst = max(worst, math.Abs(x-want[i][j])) // NaN, too, is the largest
		}
	}
	if size == 0 {
		return 0
	}
	return worst / size
}

// values runs the graph with the weights moved by step times the vectors and returns copies of
// results.
func (h *Hessian) values(results, at []gorgonia.Value, step float64) ([][]float64, error) {
	for i, n := range h.weights {
		x := floatsOf(at[i])
		if d := h.Vectors[i]; d != nil {
			for j, v := range floatsOf(d.Value()) {
				x[j] += step * v
			}
		}
		moved := gorgonia.Value(newTensor(n.Dtype(), n.Shape(), x...))
		if n.IsScalar() {
			moved = scalarOf(moved.(*tensor.Dense))
		}
		if err := gorgonia.Let(n, moved); err != nil {
			return nil, &Error{Arg: "weights", Got: describe(n), Problem: "cannot be moved", Kind: ErrNode, Cause: err}
		}
	}
	vm := gorgonia.NewTapeMachine(h.Graph)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return nil, err
	}
	out := make([][]float64, len(results))
	for i, v := range results {
		out[i] = floatsOf(v)
	}
	return out, nil
}

// floatsOf returns a copy of the elements of a value, row by row; nil for what is no float.
func floatsOf(v gorgonia.Value) []float64 {
	d, ok := v.(*tensor.Dense)
	if !ok {
		d = scalarTensor(v)
	}
	if d == nil {
		return nil
	}
	return slices.Clone(dense.Rows[float64](d, dense.Last, new([]float64)))
}

// largest returns the largest absolute value, NaN if there is one.
func largest(x []float64) (m float64) {
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}
