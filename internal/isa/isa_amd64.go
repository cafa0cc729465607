//go:build !purego

package isa

import "golang.org/x/sys/cpu"

// Vectors returns the sets of vector instructions that the machine has, the widest last.
func Vectors() []Set {
	x := &cpu.X86
	switch {
	case !(x.HasAVX2 && x.HasFMA && x.HasBMI2):
		return nil
	case !(x.HasAVX512F && x.HasAVX512VL && x.HasAVX512DQ):
		return []Set{AVX2}
	}
	return []Set{AVX2, AVX512}
}
