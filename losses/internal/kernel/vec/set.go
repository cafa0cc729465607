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

// Set is an instruction set for which there are kernels.
type Set uint8

// The sets.
const (
	Specification Set = iota // package spec: only tests choose it
	Portable                 // package portable
	AVX2
	AVX512
	NEON
)

func (s Set) String() string {
	return [...]string{"specification", "generic", "avx2", "avx512", "neon"}[s]
}

// inUse is chosen when the program starts: the last of [Sets].
var inUse = Sets()[len(Sets())-1]

// On reports whether there are kernels for this machine.
func On() bool { return inUse > Portable }

// InUse returns the instruction set whose kernels run.
func InUse() Set { return inUse }

// Sets returns what this machine has, the widest vectors last.
func Sets() []Set { return append([]Set{Specification, Portable}, vectors()...) }

// Use selects one of [Sets] and returns what was selected before. Tests run every implementation
// with it, in no more than one goroutine.
func Use(s Set) (was Set) {
	was, inUse = inUse, s
	return was
}
