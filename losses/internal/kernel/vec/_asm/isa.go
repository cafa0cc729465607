package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"

	"softloss/internal/_asm/avx"
)

// isa is an instruction set with the type it computes in and that of the elements in memory.
type isa struct {
	avx512 bool
	f64    bool // computes in float64
	narrow bool // the memory holds float32 though
	short  bool // for results that are rounded to float32, to the digits that this takes
}

// isas are those for which all kernels are generated. The wide ones have only those that need the
// precision of float64 for float32 elements, the short ones those of tiles that need no more than
// some of it.
var (
	isas  = []isa{{avx512: true}, {avx512: true, f64: true}, {}, {f64: true}}
	wides = []isa{{avx512: true, f64: true, narrow: true}, {f64: true, narrow: true}}

	shorts = []isa{{avx512: true, f64: true, short: true}, {f64: true, short: true}}
)

// set is what g computes in, memory the same for elements in memory.
func (g isa) set() avx.Set { return avx.Set{AVX512: g.avx512, F64: g.f64} }

func (g isa) memory() avx.Set { return avx.Set{AVX512: g.avx512, F64: g.f64 && !g.narrow} }

// suffix ends the names of the functions.
func (g isa) suffix() string {
	switch {
	case g.narrow:
		return "Wide" + g.set().Name()
	case g.short:
		return "Short" + g.set().Name()
	}
	return g.set().Suffix()
}

// rounded reports whether results are rounded to float32.
func (g isa) rounded() bool { return g.narrow || g.short }

// size is the number of bytes of an element in memory, bytes those of as many as fill a vector.
func (g isa) size() int { return g.memory().Size() }

func (g isa) bytes() int { return g.lanes() * g.size() }

// lanes is the number of elements in a vector.
func (g isa) lanes() int { return g.set().Lanes() }

// floatSize is the size of the numbers it computes with.
func (g isa) floatSize() int { return g.set().Size() }

// goType is the element type in a Go signature, goFloat that of other numbers.
func (g isa) goType() string { return g.memory().GoType() }

func (g isa) goFloat() string { return g.set().GoType() }

func (g isa) vec() reg.VecVirtual { return g.set().Vec() }

// pick emits the packed-single or packed-double form of an instruction.
func (g isa) pick(ps, pd func(...Op), ops ...Op) {
	g.set().Pick(ps, pd, ops...)
	emitted()
}

// emit is pick for what takes a number from memory for all lanes too, as AVX-512 can: the assembler
// aligns a constant to 32 bytes, so that half of those that fill a vector would lie in two lines.
func (g isa) emit(ps, pd, psEach, pdEach func(...Op), ops ...Op) {
	if g.broadcasts(ops[0]) {
		ps, pd = psEach, pdEach
	}
	g.pick(ps, pd, ops...)
}

func (g isa) add(a, b, dst Op) { g.emit(VADDPS, VADDPD, VADDPS_BCST, VADDPD_BCST, a, b, dst) }

func (g isa) sub(a, b, dst Op) { g.emit(VSUBPS, VSUBPD, VSUBPS_BCST, VSUBPD_BCST, a, b, dst) } // dst = b - a

func (g isa) mul(a, b, dst Op) { g.emit(VMULPS, VMULPD, VMULPS_BCST, VMULPD_BCST, a, b, dst) }

func (g isa) div(a, b, dst Op) { g.emit(VDIVPS, VDIVPD, VDIVPS_BCST, VDIVPD_BCST, a, b, dst) } // dst = b / a

func (g isa) max(a, b, dst Op) { g.emit(VMAXPS, VMAXPD, VMAXPS_BCST, VMAXPD_BCST, a, b, dst) } // a where one is NaN

func (g isa) min(a, b, dst Op) { g.emit(VMINPS, VMINPD, VMINPS_BCST, VMINPD_BCST, a, b, dst) } // a where one is NaN

func (g isa) load(m, dst Op) {
	if g.broadcasts(m) {
		g.bcast(m, dst)
		return
	}
	g.pick(VMOVUPS, VMOVUPD, m, dst)
}

func (g isa) store(src, m Op) { g.pick(VMOVUPS, VMOVUPD, src, m) }

func (g isa) move(src, dst Op) { g.pick(VMOVAPS, VMOVAPD, src, dst) }

func (g isa) madd(a, b, acc Op) {
	g.emit(VFMADD231PS, VFMADD231PD, VFMADD231PS_BCST, VFMADD231PD_BCST, a, b, acc)
} // acc += a b

func (g isa) nmadd(a, b, c Op) {
	g.emit(VFNMADD231PS, VFNMADD231PD, VFNMADD231PS_BCST, VFNMADD231PD_BCST, a, b, c)
} // c -= a b

func (g isa) horner(c, x, p Op) {
	g.emit(VFMADD213PS, VFMADD213PD, VFMADD213PS_BCST, VFMADD213PD_BCST, c, x, p)
} // p = p x + c

func (g isa) msub(c, x, p Op) {
	g.emit(VFMSUB213PS, VFMSUB213PD, VFMSUB213PS_BCST, VFMSUB213PD_BCST, c, x, p)
} // p = p x - c

func (g isa) msub2(a, b, c Op) {
	g.emit(VFMSUB231PS, VFMSUB231PD, VFMSUB231PS_BCST, VFMSUB231PD_BCST, a, b, c)
} // c = a b - c

func (g isa) rsub(c, x, p Op) {
	g.emit(VFNMADD213PS, VFNMADD213PD, VFNMADD213PS_BCST, VFNMADD213PD_BCST, c, x, p)
} // p = c - p x

func (g isa) bcast(src, dst Op) { g.pick(VBROADCASTSS, VBROADCASTSD, src, dst) }

func (g isa) zero(dst Op) {
	if g.avx512 {
		x, err := x86.VPXORD(dst, dst, dst)
		if err != nil {
			panic(err)
		}
		x.CancellingInputs = true // which avo does not know: dst need not live before
		Instruction(x)
		return
	}
	VXORPS(dst, dst, dst)
}

// bits are bitwise operations on whole vectors.
func (g isa) and(a, b, dst Op) { g.emit(VANDPS, VANDPD, VANDPS_BCST, VANDPD_BCST, a, b, dst) }

func (g isa) or(a, b, dst Op) { g.emit(VORPS, VORPD, VORPS_BCST, VORPD_BCST, a, b, dst) }

// Predicates of VCMP.
const (
	eqOQ  = 0x00
	neqUQ = 0x04
	ltOQ  = 0x11
	leOQ  = 0x12
	nltUQ = 0x15
	nleUQ = 0x16
	ngeUQ = 0x19
	geOQ  = 0x1d
	gtOQ  = 0x1e
)

// fetch and leave move a vector from and to memory, whatever the type of its elements there.
func (g isa) fetch(mem Mem, dst Op) {
	if g.narrow {
		VCVTPS2PD(mem, dst)
		return
	}
	g.load(mem, dst)
}

func (g isa) leave(src Op, mem Mem) {
	if g.narrow {
		VMOVUPS(g.narrowed(src), mem)
		return
	}
	g.store(src, mem)
}

// narrowed returns src rounded to float32.
func (g isa) narrowed(src Op) reg.VecVirtual {
	if g.avx512 {
		half := YMM()
		VCVTPD2PS(src, half)
		return half
	}
	half := XMM()
	VCVTPD2PSY(src, half)
	return half
}

// loadTail loads the lanes of m, zeros elsewhere, without touching other memory.
func (g isa) loadTail(mem Op, m mask, dst Op) {
	switch {
	case g.narrow:
		VCVTPS2PD(g.tailElements(mem, m), dst)
	default:
		g.set().LoadMasked(mem, m.op, dst)
	}
}

// tailElements is loadTail of float32 that are computed with in float64, as they are.
func (g isa) tailElements(mem Op, m mask) reg.VecVirtual {
	if g.avx512 {
		half := YMM()
		VMOVUPS_Z(mem, m.op, half)
		return half
	}
	half := XMM()
	VMASKMOVPS(mem, m.memory, half)
	return half
}

// storeTail stores the lanes of m, without touching other memory.
func (g isa) storeTail(src Op, m mask, mem Op) {
	switch {
	case g.avx512 && g.narrow:
		VMOVUPS(g.narrowed(src), m.op, mem)
	case g.narrow:
		VMASKMOVPS(g.narrowed(src), m.memory, mem)
	default:
		g.set().StoreMasked(src, m.op, mem)
	}
}
