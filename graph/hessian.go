package graph

import (
	"fmt"
	"maps"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// Hessian is a graph that computes products of a cost's Hessian with vectors. [HessianVector] makes
// it.
type Hessian struct {
	Graph     *gorgonia.ExprGraph // a graph of its own; run a tape machine on it
	Cost      *gorgonia.Node      // the cost
	Gradients gorgonia.Nodes      // its gradient with respect to each weight
	Vectors   gorgonia.Nodes      // an input for each vector; nil for a nil one
	Products  gorgonia.Nodes      // for each weight w_i: Σ_j (d²cost / dw_i dw_j) v_j, of the weight's shape

	// What the last run computed. Read these instead of the nodes' own values, which a later op may
	// have overwritten.
	CostValue      gorgonia.Value
	GradientValues []gorgonia.Value
	ProductValues  []gorgonia.Value

	weights gorgonia.Nodes // in Graph
	copies  copied         // of the nodes of the cost's graph
}

// Node returns the node of h.Graph that stands for a node of the cost's graph, or nil when neither
// cost nor products need it.
func (h *Hessian) Node(n *gorgonia.Node) *gorgonia.Node { return h.copies[n] }

// Update gives the inputs of h.Graph the values that the inputs of the cost's graph have now: call
// it after gorgonia.Let. Vectors stay as they are. Errors: [ErrNode] for a value that Gorgonia
// refuses, of another shape or dtype.
func (h *Hessian) Update() error {
	for old, n := range h.copies {
		if v := old.Value(); old.IsVar() && v != nil {
			if err := gorgonia.Let(n, v); err != nil {
				return &Error{Arg: "weights", Got: describe(old), Problem: "cannot be given its value", Kind: ErrNode,
					Cause: err}
			}
		}
	}
	return nil
}

// HessianVector returns the products of the Hessian of a scalar cost, with respect to the weights
// of a model, with vectors: one for each weight, of its shape and dtype. It is exact and costs a
// few times what a gradient does.
//
//	Products[i] = Σ_j (d²cost / dw_i dw_j) v_j
//
// A nil vector stands for zeros and saves its part of the work. With weights (w, t) and vectors (v,
// nil) the second product is the mixed derivative of w and t alone; no derivative of dcost/dt is
// needed for it, which labels and sample weights do not have here.
//
//	h, err := graph.HessianVector(cost, gorgonia.Nodes{w, b}, []*tensor.Dense{v, nil})
//	vm := gorgonia.NewTapeMachine(h.Graph)
//	err = vm.RunAll()
//	fmt.Println(h.ProductValues[0])
//
// # The graph
//
// The products are in a new graph, because Gorgonia's Grad of a Grad in one graph returns first
// derivatives without an error. The graph of the cost is left as it was, whether it has been
// differentiated or not. The new graph shares the tensors bound to inputs when it is made: weights
// that a solver updates in place are up to date there. After gorgonia.Let, and for scalars, which
// are not tensors, call [Hessian.Update]. To change a vector write into its tensor or Let
// h.Vectors. Use the tape machine; building races with the building of other graphs.
//
// # What can be differentiated twice
//
// Criteria with [losses.Criterion.TwiceDifferentiable]; [Softmax], [LogSoftmax], [LogSumExp],
// [SparsemaxProbs], [Entmax15Probs] and [Smooth]; and of Gorgonia Mul of matrices, BatchedMatMul,
// Add, Sub, HadamardProd and HadamardDiv with or without Broadcast, Neg, Square, Cube, Sqrt, Exp,
// Log, Log1p, Expm1, Tanh, Sigmoid, Softplus, Sin, Cos, Inverse, Abs, Rectify, LeakyRelu, Pow,
// Norm, Max, Sum, Mean, Reshape, Transpose, Concat, Tensordot. Labels and sample weights are
// constants unless [Options] asks for their gradients. Gorgonia's SoftMax, Mul of a matrix and a
// vector, OuterProd, Slice, InverseSqrt, Log2, Dropout, convolutions, poolings and any op without
// gorgonia.SDOp give an error, never a wrong number. If you are in doubt about an op, call
// [Hessian.Check].
//
// Errors: [losses.ErrNil], [losses.ErrShape] and [losses.ErrDtype] for vectors unlike the weights,
// [losses.ErrLoss] for a loss without second derivatives (such as [losses.MAE], a user's, or that
// of [ApplyLinear]), and [ErrNode]: the cost is not a scalar, a weight is no input of its graph or
// comes twice, the cost does not depend on it, an op cannot be differentiated.
func HessianVector(cost *gorgonia.Node, weights gorgonia.Nodes, vectors []*tensor.Dense) (h *Hessian, err error) {
	if err := checkHessian(cost, weights, vectors); err != nil {
		return nil, err
	}
	defer func() {
		if cause := recover(); cause != nil {
			h, err = nil, argError(ErrNode, "cost", fmt.Sprint(cause), "is a panic of Gorgonia's", "")
		}
	}()
	return newHessian(cost, weights, vectors)
}

// newHessian makes the graph: gradients in a copy of the cost's, products in a copy of that, and
// then a copy without what is not needed.
func newHessian(cost *gorgonia.Node, weights gorgonia.Nodes, vectors []*tensor.Dense) (*Hessian, error) {
	_, first, err := copyGraph(false, slices.Concat(gorgonia.Nodes{cost}, weights)...)
	if err != nil {
		return nil, err
	}
	gradients, err := gradientsOf(first[cost], first.all(weights))
	if err != nil {
		return nil, err
	}
	_, second, err := copyGraph(false, slices.Concat(gorgonia.Nodes{first[cost]}, gradients, first.all(weights))...)
	if err != nil {
		return nil, err
	}
	inputs := second.all(first.all(weights))
	gradients = second.all(gradients)
	directions := make(gorgonia.Nodes, len(vectors))
	products, err := productsOf(gradients, inputs, vectors, directions)
	if err != nil {
		return nil, err
	}
	given := slices.DeleteFunc(slices.Clone(directions), func(d *gorgonia.Node) bool { return d == nil })
	g, third, err := copyGraph(true,
		slices.Concat(gorgonia.Nodes{second[first[cost]]}, gradients, products, inputs, given)...)
	if err != nil {
		return nil, err
	}
	h := &Hessian{Graph: g, Cost: third[second[first[cost]]], Gradients: third.all(gradients),
		Vectors: third.all(directions), Products: third.all(products), weights: third.all(inputs), copies: copied{}}
	for old, n := range first {
		if m := third[second[n]]; m != nil {
			h.copies[old] = m
		}
	}
	h.read()
	return h, nil
}

// read lets each run store what it computes.
func (h *Hessian) read() {
	h.GradientValues, h.ProductValues = make([]gorgonia.Value, len(h.weights)), make([]gorgonia.Value, len(h.weights))
	gorgonia.Read(h.Cost, &h.CostValue)
	for i := range h.weights {
		gorgonia.Read(h.Gradients[i], &h.GradientValues[i])
		gorgonia.Read(h.Products[i], &h.ProductValues[i])
	}
}

// all returns the copies of nodes.
func (c copied) all(nodes gorgonia.Nodes) gorgonia.Nodes {
	out := make(gorgonia.Nodes, len(nodes))
	for i, n := range nodes {
		out[i] = c[n]
	}
	return out
}

// gradientsOf returns the gradients of the cost with respect to the weights.
func gradientsOf(cost *gorgonia.Node, weights gorgonia.Nodes) (gorgonia.Nodes, error) {
	a := newAudit(weights)
	if err := a.walk(cost); err != nil {
		return nil, err
	}
	for _, w := range weights {
		if !a.reached[w] {
			return nil, argError(ErrNode, "weights", "the cost", "does not depend on "+describe(w), "")
		}
	}
	gradients, err := gorgonia.Grad(cost, weights...)
	if err != nil {
		return nil, &Error{Arg: "cost", Got: describe(cost), Problem: "has no gradient", Kind: ErrNode, Cause: err}
	}
	return gradients, nil
}

// productsOf returns the gradients of Σ gradients·vectors with respect to the weights and stores
// the inputs that it makes of the vectors.
func productsOf(gradients, weights gorgonia.Nodes, vectors []*tensor.Dense,
	directions gorgonia.Nodes) (gorgonia.Nodes, error) {
	reached := map[*gorgonia.Node]bool{}
	var outputs, upstream gorgonia.Nodes
	for i, v := range vectors {
		if v == nil {
			continue
		}
		directions[i] = newInput(weights[i], fmt.Sprintf("vector %d", i), v)
		d, err := shapedLike(directions[i], gradients[i])
		if err != nil {
			return nil, err
		}
		a := newAudit(weights)
		if err := a.walk(gradients[i]); err != nil {
			return nil, err
		}
		if len(a.reached) == 0 {
			continue // a constant gradient
		}
		maps.Copy(reached, a.reached)
		// One node can be the gradient of several weights.
		if at := slices.Index(outputs, gradients[i]); at < 0 {
			outputs, upstream = append(outputs, gradients[i]), append(upstream, d)
		} else if upstream[at], err = gorgonia.Add(upstream[at], d); err != nil {
			return nil, &Error{Arg: "vectors", Got: describe(d), Problem: "cannot be added", Kind: ErrNode, Cause: err}
		}
	}
	products := make(gorgonia.Nodes, len(weights))
	wrt := slices.DeleteFunc(slices.Clone(weights), func(w *gorgonia.Node) bool { return !reached[w] })
	if len(wrt) > 0 {
		found, err := gorgonia.Backpropagate(outputs, upstream, wrt)
		if err != nil {
			return nil, &Error{Arg: "cost", Got: "the gradient", Problem: "has no gradient", Kind: ErrNode, Cause: err}
		}
		for i, w := range weights {
			if at := slices.Index(wrt, w); at >= 0 {
				if products[i], err = shapedLike(found[at], w); err != nil {
					return nil, err
				}
			}
		}
	}
	for i, w := range weights {
		if products[i] == nil {
			products[i] = newInput(w, fmt.Sprintf("zeros %d", i), dense.New(w.Dtype(), w.Shape()...))
		}
	}
	return products, nil
}

// newInput returns an input like w that holds v.
func newInput(w *gorgonia.Node, name string, v *tensor.Dense) *gorgonia.Node {
	var value gorgonia.Value = v
	if w.IsScalar() {
		value = scalarOf(v)
	}
	return inputOf(w.Graph(), name, w.Type(), w.Shape(), value)
}

// shapedLike returns n with the shape of a node of as many elements.
func shapedLike(n, like *gorgonia.Node) (*gorgonia.Node, error) {
	if slices.Equal(n.Shape(), like.Shape()) {
		return n, nil
	}
	m, err := gorgonia.Reshape(n, like.Shape())
	if err != nil {
		return nil, &Error{Arg: "graph", Got: fmt.Sprintf("shape %v", n.Shape()), Problem: "is wrong",
			Want: fmt.Sprint(like.Shape()), Kind: losses.ErrShape, Cause: err}
	}
	return m, nil
}
