// Package vec multiplies matrices with vector instructions: Go code that drives assembly kernels,
// which the module in _asm generates. It gives the bits that package spec specifies: lanes are
// chains of their own, and a tile of chains in registers goes back to C and is loaded again
// between blocks of k.
package vec

import "softloss/internal/isa"

// inUse is chosen when the program starts: the last of [Sets].
var inUse = Sets()[len(Sets())-1]

// On reports whether there are kernels for this machine.
func On() bool { return inUse > isa.Portable }

// Sets returns what can run on this machine: package spec alone, and vectors, the widest last.
func Sets() []isa.Set { return append([]isa.Set{isa.Portable}, isa.Vectors()...) }

// Use selects one of [Sets] and returns what was selected before. Tests run every implementation
// with it, in no more than one goroutine.
func Use(s isa.Set) (was isa.Set) {
	was, inUse = inUse, s
	return was
}
