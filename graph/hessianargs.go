package graph

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/phrase"
	"softloss/losses"
)

// checkHessian checks the arguments of HessianVector.
func checkHessian(cost *gorgonia.Node, weights gorgonia.Nodes, vectors []*tensor.Dense) error {
	if err := checkNode("cost", cost, "a scalar"); err != nil {
		return err
	}
	if !cost.IsScalar() {
		return argError(ErrNode, "cost", fmt.Sprintf("shape %v", cost.Shape()), "is wrong", "a scalar")
	}
	if len(weights) == 0 || len(vectors) != len(weights) {
		return argError(losses.ErrShape, "vectors",
			fmt.Sprintf("%d for %s", len(vectors), phrase.Plural(len(weights), "weight")), "is wrong",
			"one for each, and at least one")
	}
	some := false
	for i, w := range weights {
		if err := checkWeight(fmt.Sprintf("weight %d", i), cost, w); err != nil {
			return err
		}
		if slices.Contains(weights[:i], w) {
			return argError(ErrNode, fmt.Sprintf("weight %d", i), describe(w), "is there twice", "")
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
			return argError(losses.ErrShape, "vectors", fmt.Sprintf("shape %v for %s", v.Shape(), describe(w)),
				"is wrong", fmt.Sprint(w.Shape()))
		}
		if v.Dtype() != w.Dtype() {
			return argError(losses.ErrDtype, "vectors", fmt.Sprintf("dtype %v for %s", v.Dtype(), describe(w)),
				"is wrong", w.Dtype().String())
		}
	}
	if !some {
		return argError(losses.ErrNil, "vectors", "nil for every weight", "gives nothing to compute",
			"at least one vector")
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
		return argError(ErrNode, arg, describe(w), "is not an input", "")
	}
	if dt := w.Dtype(); dt != tensor.Float32 && dt != tensor.Float64 {
		return argError(losses.ErrDtype, arg, fmt.Sprintf("dtype %v of %s", dt, describe(w)), "is wrong",
			"float32 or float64")
	}
	return nil
}
