//go:build !purego

package isa

// Vectors returns the sets of vector instructions that the machine has: every arm64 has NEON.
func Vectors() []Set { return []Set{NEON} }
