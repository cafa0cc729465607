package graph

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"slices"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Gorgonia takes two nodes for one when their 32-bit hashes are equal: when it compiles a graph,
// whatever else they are, and when it adds a node, nearly so. What this package adds gets a hash of
// its own.

// ownOp is an op of this package.
type ownOp interface {
	gorgonia.Op
	Mark(n int)
	result(dt tensor.Dtype) hm.Type // the type of the result, for logits of this dtype
}

// apply is gorgonia.ApplyOp for a new op of this package. When another node has the hash that the
// op's would get, the op is marked until it is one of its own. The node is one that is there
// already only when this is the same op on the same inputs.
func apply(o ownOp, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	sizes := make([]gorgonia.DimSizer, len(in))
	for i, n := range in {
		sizes[i] = n.Shape()
	}
	s, err := o.InferShape(sizes...)
	if err != nil {
		return nil, err
	}
	g, t := in[0].Graph(), o.result(in[0].Dtype())
	for mark := 0; ; mark++ {
		o.Mark(mark)
		other := nodeOf(g, nodeHash(t, s, o.WriteHash, in))
		if other == nil || sameOp(other, o, in) {
			return gorgonia.ApplyOp(o, in...)
		}
	}
}

// inputOf returns an input of g that holds v: one that is there already, or a new one. Its name
// begins with prefix.
func inputOf(g *gorgonia.ExprGraph, prefix string, t hm.Type, s tensor.Shape, v gorgonia.Value) *gorgonia.Node {
	for mark := 0; ; mark++ {
		name := fmt.Sprintf("%s@%p", prefix, v)
		if mark > 0 {
			name = fmt.Sprintf("%s #%d", name, mark)
		}
		other := nodeOf(g, nodeHash(t, s, func(h hash.Hash) { io.WriteString(h, name) }, nil))
		if other == nil {
			return gorgonia.NewUniqueNode(gorgonia.WithShape(s...), gorgonia.WithType(t), gorgonia.In(g),
				gorgonia.WithName(name), gorgonia.WithValue(v))
		}
		if other.IsVar() && other.Name() == name && other.Value() == v {
			return other
		}
	}
}

// nodeHash is the hash that Gorgonia gives a node of this type and shape: of an op, which writes
// what tells it from others, with its inputs, or of an input, whose name that is.
func nodeHash(t hm.Type, s tensor.Shape, write func(hash.Hash), in gorgonia.Nodes) uint32 {
	h := fnv.New32a()
	fmt.Fprintf(h, "%v%v", t, s)
	write(h)
	h.Write([]byte{byte(len(in))})
	for _, n := range in {
		h.Write(binary.LittleEndian.AppendUint32(nil, n.Hashcode()))
	}
	return h.Sum32()
}

// nodeOf returns the node of g with this hash, or nil.
func nodeOf(g *gorgonia.ExprGraph, hash uint32) *gorgonia.Node {
	for _, n := range g.AllNodes() {
		if n.Hashcode() == hash {
			return n
		}
	}
	return nil
}

// sameOp reports whether n is op o on these inputs, and computes what o does.
func sameOp(n *gorgonia.Node, o gorgonia.Op, in gorgonia.Nodes) bool {
	if n.Op() == nil || typeName(n.Op()) != typeName(o) || n.Op().String() != o.String() {
		return false
	}
	if f, ok := n.Op().(*forwardOp); ok && f.changed != nil && f.changed() {
		return false
	}
	return slices.EqualFunc(childrenOf(n), in, func(a, b *gorgonia.Node) bool {
		return a == b || b.Graph() == nil && a.Hashcode() == b.Hashcode() // a constant that g has a copy of
	})
}
