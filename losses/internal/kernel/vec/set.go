// Package vec runs the losses on vector instructions: Go code that drives assembly kernels, which
// the module in _asm generates. It agrees with package spec to a few units in the last place, and
// leaves to it the rows, options and parameters that the vectors cannot do.
//
// The kernels compute in the element type; where a loss would magnify float32's errors they compute
// in float64. Those of amd64 sum at most 64 elements in each lane, then in float64, and compute
// blocks of few classes in tiles, several rows at once; those of arm64 sum in float64, row by row.
//
// Its functions are those of package spec with the same names, which say what they compute. They
// may be called while [On] says so.
package vec

import "softloss/internal/isa"

// What runs beside vectors.
const (
	Specification = isa.Specification // package spec
	Portable      = isa.Portable      // package portable
)

// inUse is chosen when the program starts: the last of [Sets].
var inUse = Sets()[len(Sets())-1]

// On reports whether there are kernels for this machine.
func On() bool { return inUse > Portable }

// InUse returns what runs.
func InUse() isa.Set { return inUse }

// Sets returns what can run on this machine, the widest vectors last.
func Sets() []isa.Set { return append([]isa.Set{Specification, Portable}, isa.Vectors()...) }

// Use selects one of [Sets] and returns what was selected before. Tests run every implementation
// with it, in no more than one goroutine.
func Use(s isa.Set) (was isa.Set) {
	was, inUse = inUse, s
	return was
}
