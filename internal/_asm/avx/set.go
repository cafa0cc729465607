// Package avx holds the means that the generators of amd64 kernels share.
package avx

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Set is a set of instructions, AVX-512 or AVX2, with the type that vectors hold, float64 or
// float32.
type Set struct{ AVX512, F64 bool }

// Suffix ends the names of functions.
func (s Set) Suffix() string { return map[bool]string{true: "F64", false: "F32"}[s.F64] + s.Name() }

// Name is that of the instructions.
func (s Set) Name() string { return map[bool]string{true: "AVX512", false: "AVX2"}[s.AVX512] }

// GoType is the type that vectors hold in a Go signature.
func (s Set) GoType() string { return map[bool]string{true: "float64", false: "float32"}[s.F64] }

// Lanes is the number of elements of a vector.
func (s Set) Lanes() int { return s.Width() / s.Size() }

// Width is the number of bytes of a vector.
func (s Set) Width() int {
	if s.AVX512 {
		return 64
	}
	return 32
}

// Size is the number of bytes of an element.
func (s Set) Size() int { return 1 << s.Shift() }

// Shift is the logarithm of Size.
func (s Set) Shift() uint64 {
	if s.F64 {
		return 3
	}
	return 2
}

// Vec returns a vector register.
func (s Set) Vec() reg.VecVirtual {
	if s.AVX512 {
		return build.ZMM()
	}
	return build.YMM()
}

// Pick emits the packed-single or packed-double form of an instruction.
func (s Set) Pick(ps, pd func(...operand.Op), ops ...operand.Op) {
	if s.F64 {
		ps = pd
	}
	ps(ops...)
}

// LoadMasked loads the lanes of mask, zeros elsewhere, without touching other memory.
func (s Set) LoadMasked(mem, mask, dst operand.Op) {
	switch {
	case s.AVX512 && s.F64:
		build.VMOVUPD_Z(mem, mask, dst)
	case s.AVX512:
		build.VMOVUPS_Z(mem, mask, dst)
	case s.F64:
		build.VMASKMOVPD(mem, mask, dst)
	default:
		build.VMASKMOVPS(mem, mask, dst)
	}
}

// StoreMasked stores the lanes of mask, without touching other memory.
func (s Set) StoreMasked(src, mask, mem operand.Op) {
	switch {
	case s.AVX512:
		s.Pick(build.VMOVUPS, build.VMOVUPD, src, mask, mem)
	case s.F64:
		build.VMASKMOVPD(src, mask, mem)
	default:
		build.VMASKMOVPS(src, mask, mem)
	}
}
