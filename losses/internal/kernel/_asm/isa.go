package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set and an element type: every kernel is generated for four of them.
type isa struct {
	avx512 bool
	f64    bool
}

var isas = []isa{{true, false}, {true, true}, {false, false}, {false, true}}

// suffix ends the names of the functions.
func (g isa) suffix() string {
	return map[bool]string{true: "F64", false: "F32"}[g.f64] + map[bool]string{true: "AVX512", false: "AVX2"}[g.avx512]
}

// size is the number of bytes of an element, lanes the elements of a vector.
func (g isa) size() int {
	if g.f64 {
		return 8
	}
	return 4
}

func (g isa) bytes() int {
	if g.avx512 {
		return 64
	}
	return 32
}

func (g isa) lanes() int { return g.bytes() / g.size() }

// goType is the element type in a Go signature.
func (g isa) goType() string {
	if g.f64 {
		return "float64"
	}
	return "float32"
}

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

// mask selects lanes: a mask register with AVX-512, a vector of ones and zeros with AVX2.
type mask struct{ op Op }

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
		return mask{k}
	}
	m := YMM()
	g.pick(VCMPPS, VCMPPD, Imm(uint64(pred)), a, b, m)
	return mask{m}
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
		return mask{k}
	}
	m := YMM()
	g.and(a.op, b.op, m)
	return mask{m}
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
		return mask{k}
	}
	m := YMM()
	VXORPS(m, m, m)
	return mask{m}
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

// invalid sets a mask where t is negative, NaN or, with AVX-512, infinite; with
// AVX2 an infinite label shows in the sum.
func (g isa) invalid(t, zero Op) mask {
	if g.avx512 {
		k := K()
		g.pick(VFPCLASSPSZ, VFPCLASSPDZ, Imm(0x01|0x08|0x10|0x40|0x80), t, k)
		return mask{k}
	}
	return g.cmp(ngeUQ, zero, t)
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
		return mask{k}
	}
	// A window on ones followed by zeros.
	p := GP64()
	LEAQ(tailTable(), p)
	off := GP64()
	MOVQ(n, off)
	NEGQ(off)
	m := YMM()
	VMOVUPS(Mem{Base: p, Index: off, Scale: uint8(g.size()), Disp: 32}, m)
	return mask{m}
}

// loadTail loads the lanes of m, zeros elsewhere, without touching other memory.
func (g isa) loadTail(mem Op, m mask, dst Op) {
	switch {
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
	for i := 0; i < 64/g.size(); i++ {
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
