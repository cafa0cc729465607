package graph

import (
	"fmt"
	"strings"

	"gorgonia.org/gorgonia"
)

// audit looks for what would make a derivative wrong without an error: Gorgonia leaves out what it
// cannot differentiate, and some of its own derivatives are wrong.
type audit struct {
	wrt     map[*gorgonia.Node]bool
	depends map[*gorgonia.Node]bool // on one of wrt
	seen    map[*gorgonia.Node]bool
	reached map[*gorgonia.Node]bool // those of wrt that the outputs depend on, differentiably
}

func newAudit(wrt gorgonia.Nodes) *audit {
	a := &audit{wrt: map[*gorgonia.Node]bool{}, depends: map[*gorgonia.Node]bool{}, seen: map[*gorgonia.Node]bool{},
		reached: map[*gorgonia.Node]bool{}}
	for _, n := range wrt {
		a.wrt[n] = true
	}
	return a
}

// dependsOn reports whether n depends on one of wrt.
func (a *audit) dependsOn(n *gorgonia.Node) bool {
	if d, ok := a.depends[n]; ok {
		return d
	}
	found := a.wrt[n]
	for _, child := range childrenOf(n) {
		found = a.dependsOn(child) || found
	}
	a.depends[n] = found
	return found
}

// walk returns an error when the derivative of n by those of wrt would be wrong.
func (a *audit) walk(n *gorgonia.Node) error {
	if a.seen[n] {
		return nil
	}
	a.seen[n] = true
	if a.wrt[n] {
		a.reached[n] = true
		return nil
	}
	if !a.dependsOn(n) {
		return nil
	}
	if why := wrongOp(n.Op()); why.problem != "" {
		return argError(ErrNode, "cost", fmt.Sprintf("Gorgonia's derivative of %v", n.Op()), why.problem, why.want)
	}
	children := childrenOf(n)
	op, ok := n.Op().(gorgonia.SDOp)
	if !ok {
		return argError(ErrNode, "cost", fmt.Sprintf("%v (%T)", n.Op(), n.Op()), "has no derivative", "")
	}
	differentiable := op.DiffWRT(len(children))
	for i, child := range children {
		switch {
		case !a.dependsOn(child):
		case i < len(differentiable) && differentiable[i]:
			if err := a.walk(child); err != nil {
				return err
			}
		case constantIn(op, i):
		default:
			if o, ok := op.(interface{ noDerivative() error }); ok {
				return o.noDerivative()
			}
			return argError(ErrNode, "cost", fmt.Sprintf("%v (%T)", op, op),
				fmt.Sprintf("has no derivative by its input %d, %s", i, describe(child)), "")
		}
	}
	return nil
}

// constantIn reports whether the derivative of an op by an input is 0 wherever there is one, or is
// meant to be.
func constantIn(op gorgonia.Op, i int) bool {
	if c, ok := op.(constantInput); ok {
		return c.constantIn(i)
	}
	switch typeName(op) {
	case "gorgonia.elemBinOp", "gorgonia.elemUnaryOp": // comparisons; sign, ceil, floor
		return true
	case "gorgonia.sizeOp":
		return true
	case "gorgonia.repeatOp": // how often
		return i > 0
	}
	return false
}

// wrong says what is wrong with a derivative and what to use instead.
type wrong struct{ problem, want string }

// wrongOp returns what is wrong with the derivative that Gorgonia v0.9.18 gives an op.
func wrongOp(op gorgonia.Op) wrong {
	switch typeName(op) {
	case "gorgonia.elemUnaryOp":
		switch op.String() {
		case "invSqrt":
			return wrong{"is wrong (it divides by the cube of y where it should multiply)", "Inverse of Sqrt"}
		case "log2":
			return wrong{"is wrong (by a factor of ln² 2)", "Log"}
		}
	case "gorgonia.linAlgBinOp":
		if strings.Contains(op.String(), "⊗") {
			return wrong{"is wrong (it has the two vectors the wrong way round; " +
				"the second derivative of a matrix times a vector needs it)", "matrices [N, 1]"}
		}
	case "gorgonia.sliceIncrOp":
		return wrong{"is wrong (the gradient of a slice is differentiated by what was sliced)",
			"a product with a selecting matrix"}
	}
	return wrong{}
}
