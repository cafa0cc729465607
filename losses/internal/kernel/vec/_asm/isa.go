package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set with the type it computes in and that of the elements in memory.
type isa struct {
	avx512 bool
	f64    bool // computes in float64
	narrow bool // the memory holds float32 though
}

// isas are those for which all kernels are generated. The wide ones have only those that need the
// precision of float64 for float32 elements.
var (
	isas  = []isa{{true, false, false}, {true, true, false}, {false, false, false}, {false, true, false}}
	wides = []isa{{true, true, true}, {false, true, true}}
)

// suffix ends the names of the functions.
func (g isa) suffix() string {
	t := map[bool]string{true: "F64", false: "F32"}[g.f64]
	if g.narrow {
		t = "Wide"
	}
	return t + map[bool]string{true: "AVX512", false: "AVX2"}[g.avx512]
}

// size is the number of bytes of an element in memory, bytes those of as many as fill a vector.
func (g isa) size() int {
	if g.f64 && !g.narrow {
		return 8
	}
	return 4
}

func (g isa) bytes() int { return g.lanes() * g.size() }

// lanes is the number of elements in a vector.
func (g isa) lanes() int {
	n := 8
	if g.avx512 {
		n = 16
	}
	if g.f64 {
		return n / 2
	}
	return n
}

// floatSize is the size of the numbers it computes with.
func (g isa) floatSize() int {
	if g.f64 {
		return 8
	}
	return 4
}

// goType is the element type in a Go signature, goFloat that of other numbers.
func (g isa) goType() string { return goFloats[g.size() == 8] }

func (g isa) goFloat() string { return goFloats[g.f64] }

var goFloats = map[bool]string{true: "float64", false: "float32"}

func (g isa) vec() reg.VecVirtual {
	if g.avx512 {
		return ZMM()
	}
	return YMM()
}

// pick emits the packed-single or packed-double form of an instruction.
func (g isa) pick(ps, pd func(...Op), ops ...Op) {
	if g.f64 {
		pd(ops...)
		return
	}
	ps(ops...)
}

func (g isa) add(a, b, dst Op)  { g.pick(VADDPS, VADDPD, a, b, dst) }
func (g isa) sub(a, b, dst Op)  { g.pick(VSUBPS, VSUBPD, a, b, dst) } // dst = b - a
func (g isa) mul(a, b, dst Op)  { g.pick(VMULPS, VMULPD, a, b, dst) }
func (g isa) div(a, b, dst Op)  { g.pick(VDIVPS, VDIVPD, a, b, dst) } // dst = b / a
func (g isa) max(a, b, dst Op)  { g.pick(VMAXPS, VMAXPD, a, b, dst) } // a where one is NaN
func (g isa) min(a, b, dst Op)  { g.pick(VMINPS, VMINPD, a, b, dst) } // a where one is NaN
func (g isa) load(m, dst Op)    { g.pick(VMOVUPS, VMOVUPD, m, dst) }
func (g isa) store(src, m Op)   { g.pick(VMOVUPS, VMOVUPD, src, m) }
func (g isa) move(src, dst Op)  { g.pick(VMOVAPS, VMOVAPD, src, dst) }
func (g isa) madd(a, b, acc Op) { g.pick(VFMADD231PS, VFMADD231PD, a, b, acc) } // acc += a b
func (g isa) nmadd(a, b, c Op)  { g.pick(VFNMADD231PS, VFNMADD231PD, a, b, c) } // c -= a b
func (g isa) horner(c, x, p Op) { g.pick(VFMADD213PS, VFMADD213PD, c, x, p) }   // p = p x + c
func (g isa) msub(c, x, p Op)   { g.pick(VFMSUB213PS, VFMSUB213PD, c, x, p) }   // p = p x - c
func (g isa) msub2(a, b, c Op)  { g.pick(VFMSUB231PS, VFMSUB231PD, a, b, c) }   // c = a b - c
func (g isa) rsub(c, x, p Op)   { g.pick(VFNMADD213PS, VFNMADD213PD, c, x, p) } // p = c - p x
func (g isa) bcast(src, dst Op) { g.pick(VBROADCASTSS, VBROADCASTSD, src, dst) }

func (g isa) zero(dst Op) {
	if g.avx512 {
		VPXORD(dst, dst, dst)
		return
	}
	VXORPS(dst, dst, dst)
}

// bits are bitwise operations on whole vectors.
func (g isa) and(a, b, dst Op) { g.pick(VANDPS, VANDPD, a, b, dst) }
func (g isa) or(a, b, dst Op)  { g.pick(VORPS, VORPD, a, b, dst) }

// mask selects lanes: a mask register with AVX-512, a vector of ones and zeros with AVX2, of which
// memory is the form for elements in memory.
type mask struct{ op, memory Op }

// Predicates of VCMP.
const (
	eqOQ  = 0x00
	neqUQ = 0x04
	ltOQ  = 0x11
	nltUQ = 0x15
	ngeUQ = 0x19
	gtOQ  = 0x1e
)

// cmp sets a mask where (b pred a), in Go's operand order.
func (g isa) cmp(pred int, a, b Op) mask {
	if g.avx512 {
		k := K()
		g.pick(VCMPPS, VCMPPD, Imm(uint64(pred)), a, b, k)
		return mask{op: k}
	}
	m := YMM()
	g.pick(VCMPPS, VCMPPD, Imm(uint64(pred)), a, b, m)
	return mask{op: m}
}

// keep stores src where m is set and 0 elsewhere.
func (g isa) keep(m mask, src, dst Op) {
	if g.avx512 {
		if g.f64 {
			VMOVUPD_Z(src, m.op, dst)
		} else {
			VMOVUPS_Z(src, m.op, dst)
		}
		return
	}
	g.and(m.op, src, dst)
}

// blend stores src in dst where m is set.
func (g isa) blend(m mask, src, dst Op) {
	if g.avx512 {
		g.pick(VMOVUPS, VMOVUPD, src, m.op, dst)
		return
	}
	if g.f64 {
		VBLENDVPD(m.op, src, dst, dst)
	} else {
		VBLENDVPS(m.op, src, dst, dst)
	}
}

// addWhere adds src to acc where m is set. It may overwrite src.
func (g isa) addWhere(m mask, src, acc Op) {
	if g.avx512 {
		g.pick(VADDPS, VADDPD, src, acc, m.op, acc)
		return
	}
	t := YMM()
	g.and(src, m.op, t)
	g.add(t, acc, acc)
}

// maddWhere adds a b to acc where m is set. It may overwrite b.
func (g isa) maddWhere(m mask, a, b, acc Op) {
	if g.avx512 {
		g.pick(VFMADD231PS, VFMADD231PD, a, b, m.op, acc)
		return
	}
	g.and(b, m.op, b)
	g.madd(a, b, acc)
}

func (g isa) maskAnd(a, b mask) mask {
	if g.avx512 {
		k := K()
		KANDW(a.op, b.op, k)
		return mask{op: k}
	}
	m := YMM()
	g.and(a.op, b.op, m)
	return mask{op: m}
}

// orInto adds the lanes of m to acc.
func (g isa) orInto(m, acc mask) {
	if g.avx512 {
		KORW(m.op, acc.op, acc.op)
		return
	}
	g.or(m.op, acc.op, acc.op)
}

// noLanes returns an empty mask.
func (g isa) noLanes() mask {
	if g.avx512 {
		k := K()
		KXORW(k, k, k)
		return mask{op: k}
	}
	m := YMM()
	VXORPS(m, m, m)
	return mask{op: m}
}

// allLanes returns a full mask.
func (g isa) allLanes() mask {
	if g.avx512 {
		k := K()
		KXNORW(k, k, k)
		return mask{op: k}
	}
	m := YMM()
	VPCMPEQD(m, m, m)
	return mask{op: m}
}

// maskDrop takes the lanes of m out of acc.
func (g isa) maskDrop(m, acc mask) {
	if g.avx512 {
		KANDNW(acc.op, m.op, acc.op)
		return
	}
	g.pick(VANDNPS, VANDNPD, acc.op, m.op, acc.op)
}

// drop sets the lanes of m in x to 0.
func (g isa) drop(m mask, x Op) {
	if g.avx512 {
		g.pick(VPXORD, VPXORQ, x, x, m.op, x)
		return
	}
	g.pick(VANDNPS, VANDNPD, x, m.op, x)
}

// maskBits stores m as the low bits of a general register.
func (g isa) maskBits(m mask) reg.GPVirtual {
	r := GP32()
	switch {
	case g.avx512:
		KMOVW(m.op, r)
	case g.f64:
		VMOVMSKPD(m.op, r)
	default:
		VMOVMSKPS(m.op, r)
	}
	return r
}

// invalid sets a mask where t is negative, NaN or infinite.
func (g isa) invalid(t Op) mask {
	if g.avx512 {
		k := K()
		g.pick(VFPCLASSPSZ, VFPCLASSPDZ, Imm(0x01|0x08|0x10|0x40|0x80), t, k)
		return mask{op: k}
	}
	m := g.cmp(ngeUQ, g.constant(0), t)
	g.orInto(g.cmp(nltUQ, g.infinity(1), t), m)
	return m
}

// tail returns the mask of the first n lanes, 0 <= n < lanes.
func (g isa) tail(n reg.GPVirtual) mask {
	if g.avx512 {
		one, k := GP32(), K()
		MOVL(U32(1), one)
		bits := GP32()
		SHLXL(n.As32(), one, bits)
		DECL(bits)
		KMOVW(bits, k)
		return mask{op: k}
	}
	// A window on ones followed by zeros.
	p := GP64()
	LEAQ(tailTable(), p)
	off := GP64()
	MOVQ(n, off)
	NEGQ(off)
	m := YMM()
	VMOVUPS(Mem{Base: p, Index: off, Scale: uint8(32 / g.lanes()), Disp: 32}, m)
	if !g.narrow {
		return mask{m, m}
	}
	memory := XMM()
	VMOVUPS(Mem{Base: p, Index: off, Scale: 4, Disp: 32}, memory)
	return mask{m, memory}
}

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
func (g isa) narrowed(src Op) Op {
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
	case g.avx512 && g.narrow:
		half := YMM()
		VMOVUPS_Z(mem, m.op, half)
		VCVTPS2PD(half, dst)
	case g.narrow:
		half := XMM()
		VMASKMOVPS(mem, m.memory, half)
		VCVTPS2PD(half, dst)
	case g.avx512 && g.f64:
		VMOVUPD_Z(mem, m.op, dst)
	case g.avx512:
		VMOVUPS_Z(mem, m.op, dst)
	case g.f64:
		VMASKMOVPD(mem, m.op, dst)
	default:
		VMASKMOVPS(mem, m.op, dst)
	}
}

// storeTail stores the lanes of m, without touching other memory.
func (g isa) storeTail(src Op, m mask, mem Op) {
	switch {
	case g.avx512 && g.narrow:
		VMOVUPS(g.narrowed(src), m.op, mem)
	case g.narrow:
		VMASKMOVPS(g.narrowed(src), m.memory, mem)
	case g.avx512 && g.f64:
		VMOVUPD(src, m.op, mem)
	case g.avx512:
		VMOVUPS(src, m.op, mem)
	case g.f64:
		VMASKMOVPD(src, m.op, mem)
	default:
		VMASKMOVPS(src, m.op, mem)
	}
}

// reduce combines the lanes of v with op into the lowest of an XMM register.
func (g isa) reduce(v reg.VecVirtual, op func(a, b, dst Op)) reg.VecVirtual {
	y := v.AsY()
	if g.avx512 {
		h := YMM()
		VEXTRACTF64X4(Imm(1), v, h)
		op(h, y, h)
		y = h
	}
	x := XMM()
	VEXTRACTF128(Imm(1), y, x)
	op(x, y.(interface{ AsX() reg.Register }).AsX(), x)
	t := XMM()
	VPERMILPD(Imm(1), x, t)
	op(t, x, x)
	if !g.f64 {
		VMOVSHDUP(x, t)
		op(t, x, x)
	}
	return x
}

// constant returns memory that holds a full vector of x.
func (g isa) constant(x float64) Mem {
	bits := constBits(g.f64, x)
	name := fmt.Sprintf("c%s%x", map[bool]string{true: "d", false: "s"}[g.f64], bits)
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range 16 {
		if g.f64 && i == 8 {
			break
		}
		if g.f64 {
			DATA(i*8, U64(bits))
		} else {
			DATA(i*4, U32(uint32(bits)))
		}
	}
	constants[name] = m
	return m
}

// hold returns x in a register, for AVX2 in memory, where registers are few.
func (g isa) hold(x float64) Op {
	m := g.constant(x)
	if !g.avx512 {
		return m
	}
	v := g.vec()
	g.load(m, v)
	return v
}

var constants = map[string]Mem{}

// tailTable is 32 bytes of ones and 32 of zeros.
func tailTable() Mem {
	const name = "tails"
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range 8 {
		DATA(i*8, I64([]int64{-1, 0}[i/4]))
	}
	constants[name] = m
	return m
}

func constBits(f64 bool, x float64) uint64 {
	if f64 {
		return math.Float64bits(x)
	}
	return uint64(math.Float32bits(float32(x)))
}
