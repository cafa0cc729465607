// Package isa names what kernels are written for, and says which of it this machine has.
package isa

// Set is a set of instructions, or plain Go.
type Set uint8

// The sets.
const (
	Specification Set = iota // plain Go by the formulas; where there is a quicker one only tests choose it
	Portable                 // plain Go that is quick
	AVX2
	AVX512
	NEON
)

func (s Set) String() string {
	return [...]string{"specification", "generic", "avx2", "avx512", "neon"}[s]
}
