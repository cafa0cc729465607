package graph

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// checkHessian checks the arguments of HessianVector.
func checkHessian(cost *gorgonia.Node, weights gorgonia.Nodes, vectors []*tensor.Dense) error {
	if err := checkNode("cost", cost, "a scalar"); err != nil {
		return err
	}
	if !cost.IsScalar() {
		return &Error{Arg: "cost", Got: fmt.Sprintf("shape %v", cost.Shape()), Problem: "is wrong", Want: "a scalar", Kind: ErrNode}
	}
	if len(weights) == 0 || len(vectors) != len(weights) {
		return &Error{Arg: "vectors", Got: fmt.Sprintf("%d for %d weights", len(vectors), len(weights)), Problem: "is wrong", Want: "one for each, and at least one", Kind: losses.ErrShape}
	}
	some := false
	for i, w := range weights {
		if err := checkWeight(fmt.Sprintf("weight %d", i), cost, w); err != nil {
			return err
		}
		if slices.Contains(weights[:i], w) {
			return &Error{Arg: fmt.Sprintf("weight %d", i), Got: describe(w), Problem: "is there twice", Kind: ErrNode}
		}
		v := vectors[i]
		if v == nil {
			continue
		}
		some = true
		if err := checkTensor("vectors", v); err != nil {
			return err
		}
		if !slices.Equal(v.Shape(), w.Shape()) {
			return &Error{Arg: "vectors", Got: fmt.Sprintf("shape %v for %s", v.Shape(), describe(w)), Problem: "is wrong", Want: fmt.Sprint(w.Shape()), Kind: losses.ErrShape}
		}
		if v.Dtype() != w.Dtype() {
			return &Error{Arg: "vectors", Got: fmt.Sprintf("dtype %v for %s", v.Dtype(), describe(w)), Problem: "is wrong", Want: w.Dtype().String(), Kind: losses.ErrDtype}
		}
	}
	if !some {
		return &Error{Arg: "vectors", Got: "nil for every weight", Problem: "gives nothing to compute", Want: "at least one vector", Kind: losses.ErrNil}
	}
	return nil
}

// checkWeight wants w to be a float input of the cost's graph.
func checkWeight(arg string, cost, w *gorgonia.Node) error {
	if err := checkNode(arg, w, "an input of the graph"); err != nil {
		return err
	}
	if err := sameGraph(arg, w, cost, "cost"); err != nil {
		return err
	}
	if !w.IsVar() {
		return &Error{Arg: arg, Got: describe(w), Problem: "is not an input", Kind: ErrNode}
	}
	if dt := w.Dtype(); dt != tensor.Float32 && dt != tensor.Float64 {
		return &Error{Arg: arg, Got: fmt.Sprintf("dtype %v of %s", dt, describe(w)), Problem: "is wrong", Want: "float32 or float64", Kind: losses.ErrDtype}
	}
	return nil
}
