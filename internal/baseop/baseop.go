// Package baseop holds what the Gorgonia ops of this module say of themselves in one and the same
// way.
package baseop

import (
	"fmt"
	"hash"
	"hash/fnv"
	"io"
)

// Base is the part of a gorgonia.Op that follows from the number of inputs and a text. An op embeds
// it and adds Type, InferShape and Do, whose result is a tensor of its own: no input is
// overwritten, nothing outside Go is called.
type Base struct {
	Inputs int
	Text   string // the kind of the op and all its parameters: Gorgonia tells ops apart by the hash of it alone

	mark int
}

// Mark tells the op from another one whose text has the same hash: 1, 2, … give it another text. 0
// takes the mark off.
func (b *Base) Mark(n int) { b.mark = n }

// Arity implements gorgonia.Op.
func (b *Base) Arity() int { return b.Inputs }

// ReturnsPtr implements gorgonia.Op.
func (b *Base) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op.
func (b *Base) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (b *Base) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (b *Base) WriteHash(h hash.Hash) { io.WriteString(h, b.String()) }

// Hashcode implements gorgonia.Op.
func (b *Base) Hashcode() uint32 {
	h := fnv.New32a()
	b.WriteHash(h)
	return h.Sum32()
}

// String implements fmt.Stringer: the text, with its mark.
func (b *Base) String() string {
	if b.mark == 0 {
		return b.Text
	}
	return fmt.Sprintf("%s #%d", b.Text, b.mark)
}
