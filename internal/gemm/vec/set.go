// Package vec multiplies matrices with vector instructions: Go code that drives assembly kernels,
// which the module in _asm generates. It gives the bits that package spec specifies: lanes are
// chains of their own, and a tile of chains in registers goes back to C and is loaded again
// between blocks of k.
package vec

// Set is an instruction set for which there are kernels.
type Set uint8

// The sets.
const (
	None Set = iota // package spec alone
	AVX2
	AVX512
)

func (s Set) String() string { return [...]string{"generic", "avx2", "avx512"}[s] }

// inUse is chosen when the program starts.
var inUse = best()

// On reports whether there are kernels for this machine.
func On() bool { return inUse != None }

// Sets returns the instruction sets that this machine has.
func Sets() []Set {
	var sets []Set
	for s := None; s <= best(); s++ {
		sets = append(sets, s)
	}
	return sets
}

// Use selects one of [Sets] and returns what was selected before. Tests run every implementation
// with it, in no more than one goroutine.
func Use(s Set) (was Set) {
	was, inUse = inUse, s
	return was
}
