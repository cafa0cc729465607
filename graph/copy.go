package graph

import "gorgonia.org/gorgonia"

// copied says which node of a new graph is the copy of which.
type copied map[*gorgonia.Node]*gorgonia.Node

// copyGraph copies what the roots depend on into a new graph; final says that it is to be run and
// not to be differentiated any more. The copies share ops and the values of inputs and constants
// with what they are copies of. They have not been differentiated: Gorgonia keeps a node's
// derivative with it and, when asked again, goes no further there.
func copyGraph(final bool, roots ...*gorgonia.Node) (*gorgonia.ExprGraph, copied, error) {
	g, c := gorgonia.NewGraph(), copied{}
	for _, n := range roots {
		if _, err := c.copy(g, n, final); err != nil {
			return nil, nil, err
		}
	}
	seen := map[uint32]*gorgonia.Node{}
	for _, n := range g.AllNodes() {
		if other := seen[n.Hashcode()]; other != nil {
			return nil, nil, argError(ErrNode, "graph", describe(n),
				"has the hash of "+describe(other)+": Gorgonia would take them for one", "other names or parameters")
		}
		seen[n.Hashcode()] = n
	}
	return g, c, nil
}

// copy returns the copy of n in g.
func (c copied) copy(g *gorgonia.ExprGraph, n *gorgonia.Node, final bool) (*gorgonia.Node, error) {
	if m, ok := c[n]; ok {
		return m, nil
	}
	if err := checkMember("graph", n); err != nil {
		return nil, err
	}
	children := childrenOf(n)
	copies, err := make(gorgonia.Nodes, len(children)), error(nil)
	for i, child := range children {
		if copies[i], err = c.copy(g, child, final); err != nil {
			return nil, err
		}
	}
	// The shape before the type, which would have a say in it.
	options := []gorgonia.NodeConsOpt{gorgonia.WithShape(n.Shape()...), gorgonia.WithType(n.Type()), gorgonia.In(g)}
	op := n.Op()
	if op != nil {
		if final {
			op = unshared(n)
		}
		options = append(options, gorgonia.WithOp(op))
	}
	if len(children) > 0 {
		options = append(options, gorgonia.WithChildren(copies))
	} else {
		options = append(options, gorgonia.WithName(n.Name()))
		if v := ownMemory(n); v != nil {
			options = append(options, gorgonia.WithValue(v))
		}
	}
	before := len(g.AllNodes())
	m := gorgonia.NewUniqueNode(options...)
	if op == nil && len(g.AllNodes()) == before {
		return nil, argError(ErrNode, "graph", describe(n),
			"is the name of two inputs of one type and shape: they would be one node", "")
	}
	c[n] = m
	return m, nil
}
