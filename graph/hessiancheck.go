package graph

import (
	"fmt"
	"math"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// checkHessian checks the arguments of HessianVector.
func checkHessian(cost *gorgonia.Node, weights gorgonia.Nodes, vectors []*tensor.Dense) error {
	if cost == nil {
		return fmt.Errorf("graph: cost: nil is no node, want a scalar: %w", losses.ErrNil)
	}
	if err := wantTyped("cost", cost); err != nil {
		return err
	}
	if !cost.IsScalar() {
		return fmt.Errorf("graph: cost: shape %v is wrong, want a scalar: %w", cost.Shape(), ErrNode)
	}
	if len(weights) == 0 || len(vectors) != len(weights) {
		return fmt.Errorf("graph: vectors: %d for %d weights, want one for each, and at least one: %w", len(vectors), len(weights), losses.ErrShape)
	}
	any := false
	for i, w := range weights {
		if w == nil {
			return fmt.Errorf("graph: weights: number %d is nil, want an input of the graph: %w", i, losses.ErrNil)
		}
		if err := checkWeight(cost, w); err != nil {
			return err
		}
		if slices.Contains(weights[:i], w) {
			return fmt.Errorf("graph: weights: %q is there twice: %w", w.Name(), ErrNode)
		}
		v := vectors[i]
		if v == nil {
			continue
		}
		any = true
		if !slices.Equal(v.Shape(), w.Shape()) {
			return fmt.Errorf("graph: vectors: shape %v for %q is wrong, want %v: %w", v.Shape(), w.Name(), w.Shape(), losses.ErrShape)
		}
		if v.Dtype() != w.Dtype() {
			return fmt.Errorf("graph: vectors: dtype %v for %q is wrong, want %v: %w", v.Dtype(), w.Name(), w.Dtype(), losses.ErrDtype)
		}
	}
	if !any {
		return fmt.Errorf("graph: vectors: all are nil, want at least one: %w", losses.ErrNil)
	}
	return nil
}

// checkWeight wants w to be a float input of the cost's graph.
func checkWeight(cost, w *gorgonia.Node) error {
	if w.Graph() != cost.Graph() {
		return fmt.Errorf("graph: weights: the node %q is not in the graph of the cost: %w", w.Name(), ErrNode)
	}
	if err := wantTyped("weights", w); err != nil {
		return err
	}
	if !w.IsVar() {
		return fmt.Errorf("graph: weights: the node %q is not an input: %w", w.Name(), ErrNode)
	}
	if dt := w.Dtype(); dt != tensor.Float32 && dt != tensor.Float64 {
		return fmt.Errorf("graph: weights: dtype %v of %q is wrong, want float32 or float64: %w", dt, w.Name(), losses.ErrDtype)
	}
	return nil
}

// Update gives the inputs of h.Graph the values that the inputs of the cost's graph have now: call it after gorgonia.Let.
// Vectors stay as they are.
func (h *Hessian) Update() error {
	for old, n := range h.copies {
		if v := old.Value(); old.IsVar() && v != nil {
			if err := gorgonia.Let(n, v); err != nil {
				return fmt.Errorf("graph: input %q: %w: %w", old.Name(), err, ErrNode)
			}
		}
	}
	return nil
}

// Check runs the graph and compares the products with differences of the gradients along the vectors. It returns the largest
// deviation relative to the largest element of the products: about 1e-8 in float64 and 1e-2 in float32 when all is well, around 1
// when an op's second derivative is wrong. A kink within a small step, as Rectify's at 0, shows too. It runs
// the graph five times; all inputs must have values, which it leaves as they are.
//
// Errors: those of the runs, see [Cause]; [ErrNode] when a weight has no value.
func (h *Hessian) Check() (worst float64, err error) {
	at := make([]gorgonia.Value, len(h.weights))
	var w, v float64 // the largest weight and element of a vector
	for i, n := range h.weights {
		if at[i] = n.Value(); at[i] == nil {
			return 0, fmt.Errorf("graph: weights: %q has no value: %w", n.Name(), ErrNode)
		}
		w = max(w, largest(floatsOf(at[i])))
		if d := h.Vectors[i]; d != nil {
			v = max(v, largest(floatsOf(d.Value())))
		}
	}
	if v == 0 {
		return 0, nil
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
	step *= max(1, w) / v
	// (8 (g(h) - g(-h)) - (g(2h) - g(-2h))) / 12h
	want := make([][]float64, len(h.weights))
	for _, p := range [...]struct{ at, factor float64 }{{1, 8}, {-1, -8}, {2, -1}, {-2, 1}} {
		gradients, err := h.values(h.GradientValues, at, p.at*step)
		if err != nil {
			return 0, err
		}
		for i, g := range gradients {
			want[i] = slices.Grow(want[i], len(g))[:len(g)]
			for j, x := range g {
				want[i][j] += p.factor * x / (12 * step)
			}
		}
	}
	products, err := h.values(h.ProductValues, at, 0)
	if err != nil {
		return 0, err
	}
	var size float64
	for i, p := range products {
		size = max(size, largest(p), largest(want[i]))
		for j, x := range p {
			if d := math.Abs(x - want[i][j]); !(d <= worst) {
				worst = d
			}
		}
	}
	if size == 0 {
		return 0, nil
	}
	return worst / size, nil
}

// values runs the graph with the weights moved by step times the vectors and returns copies of results.
func (h *Hessian) values(results, at []gorgonia.Value, step float64) ([][]float64, error) {
	for i, n := range h.weights {
		moved, err := gorgonia.CloneValue(at[i])
		if err != nil {
			return nil, fmt.Errorf("graph: %q: %w: %w", n.Name(), err, ErrNode)
		}
		if d := h.Vectors[i]; d != nil && step != 0 {
			x := floatsOf(at[i])
			for j, v := range floatsOf(d.Value()) {
				x[j] += step * v
			}
			if moved, err = valueLike(n, x); err != nil {
				return nil, err
			}
		}
		if err := gorgonia.Let(n, moved); err != nil {
			return nil, fmt.Errorf("graph: %q: %w: %w", n.Name(), err, ErrNode)
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
func floatsOf(v gorgonia.Value) (out []float64) {
	d, err := upstreamValue(v)
	if err != nil {
		return nil
	}
	if d.RequiresIterator() || !d.DataOrder().IsRowMajor() {
		if m, ok := d.Clone().(*tensor.Dense); ok {
			d = m
		}
	}
	switch x := d.Data().(type) {
	case []float64:
		return slices.Clone(x)
	case []float32:
		for _, f := range x {
			out = append(out, float64(f))
		}
	case float64:
		return []float64{x}
	case float32:
		return []float64{float64(x)}
	}
	return out
}

// valueLike returns x as a value for the input n.
func valueLike(n *gorgonia.Node, x []float64) (gorgonia.Value, error) {
	if n.IsScalar() {
		return scalarValue(newScalar(n.Dtype(), x[0])), nil
	}
	if n.Dtype() == tensor.Float64 {
		return tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(x)), nil
	}
	y := make([]float32, len(x))
	for i := range x {
		y[i] = float32(x[i])
	}
	return tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(y)), nil
}

// largest returns the largest absolute value, NaN if there is one.
func largest(x []float64) (m float64) {
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}
