package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// copied says which node of a new graph is the copy of which.
type copied map[*gorgonia.Node]*gorgonia.Node

// copyGraph copies what the roots depend on into a new graph; final says that it is to be run and not to be differentiated
// any more. The copies share ops and the values of inputs and constants with
// what they are copies of. They have not been differentiated: Gorgonia keeps a node's derivative with it and, when asked
// again, goes no further there.
func copyGraph(final bool, roots ...*gorgonia.Node) (*gorgonia.ExprGraph, copied, error) {
	g, c := gorgonia.NewGraph(), copied{}
	for _, n := range roots {
		if _, err := c.copy(g, n, final); err != nil {
			return nil, nil, err
		}
	}
	return g, c, nil
}

// copy returns the copy of n in g.
func (c copied) copy(g *gorgonia.ExprGraph, n *gorgonia.Node, final bool) (*gorgonia.Node, error) {
	if m, ok := c[n]; ok {
		return m, nil
	}
	children, err := childrenOf(n)
	if err != nil {
		return nil, err
	}
	// The shape before the type, which would have a say in it.
	options := []gorgonia.NodeConsOpt{gorgonia.WithShape(n.Shape()...), gorgonia.WithType(n.Type()), gorgonia.In(g)}
	if op := n.Op(); op != nil {
		if final {
			op = unshared(n)
		}
		options = append(options, gorgonia.WithOp(op))
	}
	if len(children) > 0 {
		copies := make(gorgonia.Nodes, len(children))
		for i, child := range children {
			if copies[i], err = c.copy(g, child, final); err != nil {
				return nil, err
			}
		}
		options = append(options, gorgonia.WithChildren(copies))
	} else {
		options = append(options, gorgonia.WithName(n.Name()))
		if v := n.Value(); v != nil {
			options = append(options, gorgonia.WithValue(v))
		}
	}
	before := len(g.AllNodes())
	m := gorgonia.NewUniqueNode(options...)
	if n.Op() == nil && len(g.AllNodes()) == before {
		return nil, fmt.Errorf("graph: two inputs are called %q, of one type and shape: they would be one node: %w", n.Name(), ErrNode)
	}
	c[n] = m
	return m, nil
}

// childrenOf returns the inputs of a node's op, in their order.
func childrenOf(n *gorgonia.Node) (children gorgonia.Nodes, err error) {
	g := n.Graph()
	if g == nil {
		return nil, nil // a constant that no graph has taken in
	}
	if m, ok := g.Node(n.ID()).(*gorgonia.Node); !ok || m != n {
		return nil, fmt.Errorf("graph: %q is not a node of its graph any more: %w", n.Name(), ErrNode)
	}
	for it := g.From(n.ID()); it != nil && it.Next(); {
		child, ok := it.Node().(*gorgonia.Node)
		if !ok {
			return nil, fmt.Errorf("graph: %q has a %T for an input: %w", n.Name(), it.Node(), ErrNode)
		}
		children = append(children, child)
	}
	return children, nil
}
