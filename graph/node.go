package graph

import (
	"fmt"
	"strings"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// describe is what errors call a node.
func describe(n *gorgonia.Node) string {
	if n.Op() == nil && strings.HasPrefix(n.Name(), "%!") { // what Gorgonia makes of a name that is not there
		return fmt.Sprintf("an unnamed input %v (give it a name with WithName)", n.Shape())
	}
	return fmt.Sprintf("%q", n.Name())
}

// checkNode wants a node of a graph that has a value: constants may be without a graph, statements
// such as gorgonia.Read without a type.
func checkNode(arg string, n *gorgonia.Node, want string) error {
	switch {
	case n == nil:
		return argError(losses.ErrNil, arg, "nil", "is no node", want)
	case n.Graph() == nil:
		return argError(ErrNode, arg, describe(n), "is in no graph", "an input or the result of an operation")
	case n.Type() == nil:
		return argError(ErrNode, arg, describe(n), "has no value", "an input or the result of an operation")
	}
	if err := checkMember(arg, n); err != nil {
		return err
	}
	of := n.Type()
	if t, ok := of.(gorgonia.TensorType); ok {
		if t.Dims != len(n.Shape()) {
			return argError(losses.ErrShape, arg, describe(n), fmt.Sprintf("is a %v of shape %v", t, n.Shape()),
				"a tensor of as many dimensions as its shape has")
		}
		of = t.Of
	}
	if _, ok := of.(tensor.Dtype); !ok { // what DiagFlat returns is a matrix of vectors
		return argError(losses.ErrDtype, arg, describe(n), fmt.Sprintf("is a %v", n.Type()), "a tensor of numbers")
	}
	return nil
}

// checkMember wants a node that has not been removed from its graph.
func checkMember(arg string, n *gorgonia.Node) error {
	if g := n.Graph(); g != nil && g.Node(n.ID()) != n {
		return argError(ErrNode, arg, describe(n), "is not a node of its graph any more", "")
	}
	return nil
}

// sameGraph wants n in the graph of another node, which is called of.
func sameGraph(arg string, n, other *gorgonia.Node, of string) error {
	if n.Graph() != other.Graph() {
		return argError(ErrNode, arg, describe(n), "is not in the graph of the "+of, "")
	}
	return nil
}

// anotherNode wants n beside another node, which is called of, in one graph.
func anotherNode(arg string, n, other *gorgonia.Node, of string) error {
	if n == other {
		return argError(ErrNode, arg, describe(n),
			"is the node of the "+of+", too: inputs of one name, type and shape are one node to Gorgonia", "")
	}
	return sameGraph(arg, n, other, of)
}

// childrenOf returns the inputs of a node's op, in their order.
func childrenOf(n *gorgonia.Node) (children gorgonia.Nodes) {
	if n.Graph() == nil {
		return nil // a constant that no graph has taken in
	}
	for it := n.Graph().From(n.ID()); it != nil && it.Next(); {
		if child, ok := it.Node().(*gorgonia.Node); ok {
			children = append(children, child)
		}
	}
	return children
}

// typeName is the name of an op's type, which Gorgonia does not export.
func typeName(op gorgonia.Op) string { return strings.TrimPrefix(fmt.Sprintf("%T", op), "*") }
