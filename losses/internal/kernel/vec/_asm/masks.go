package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// mask selects lanes: a mask register with AVX-512, a vector of ones and zeros with AVX2, of which
// memory is the form for elements in memory.
type mask struct{ op, memory Op }

// cmp sets a mask where (b pred a), in Go's operand order.
func (g isa) cmp(pred int, a, b Op) mask {
	if g.avx512 {
		k := K()
		if g.broadcasts(a) {
			g.pick(VCMPPS_BCST, VCMPPD_BCST, Imm(uint64(pred)), a, b, k)
		} else {
			g.pick(VCMPPS, VCMPPD, Imm(uint64(pred)), a, b, k)
		}
		return mask{op: k}
	}
	m := YMM()
	g.pick(VCMPPS, VCMPPD, Imm(uint64(pred)), a, b, m)
	return mask{op: m}
}

// keepWhere leaves the lanes of m where the comparison holds, too.
func (g isa) keepWhere(m mask, pred int, a, b Op) {
	switch {
	case g.broadcasts(a):
		g.pick(VCMPPS_BCST, VCMPPD_BCST, Imm(uint64(pred)), a, b, m.op, m.op)
	case g.avx512:
		g.pick(VCMPPS, VCMPPD, Imm(uint64(pred)), a, b, m.op, m.op)
	default:
		g.and(g.cmp(pred, a, b).op, m.op, m.op)
	}
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
	if g.broadcasts(src) {
		g.pick(VBROADCASTSS, VBROADCASTSD, src, m.op, dst)
		return
	}
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

// addWhere adds src to acc, with AVX2 perhaps memory, where m is set. It may overwrite src.
func (g isa) addWhere(m mask, src, acc Op) {
	if g.avx512 {
		g.pick(VADDPS, VADDPD, src, acc, m.op, acc)
		return
	}
	t := YMM()
	g.and(src, m.op, t)
	if _, ok := acc.(Mem); ok {
		g.add(acc, t, t)
		g.store(t, acc)
		return
	}
	g.add(t, acc, acc)
}

// maddWhere adds a b to acc where m is set. It may overwrite a.
func (g isa) maddWhere(m mask, a, b, acc Op) {
	if g.avx512 {
		g.pick(VFMADD231PS, VFMADD231PD, a, b, m.op, acc)
		return
	}
	g.and(m.op, a, a)
	g.madd(a, b, acc)
}

// subWhere takes src from acc where m is set.
func (g isa) subWhere(m mask, src, acc Op) {
	if g.avx512 {
		g.pick(VSUBPS, VSUBPD, src, acc, m.op, acc)
		return
	}
	t := YMM()
	g.and(src, m.op, t)
	g.sub(t, acc, acc)
}

// mulWhere multiplies x by y where m is set; elsewhere x is then 0.
func (g isa) mulWhere(m mask, y, x Op) {
	switch {
	case !g.avx512:
		g.and(m.op, x, x)
		g.mul(y, x, x)
	case g.f64:
		VMULPD_Z(y, x, m.op, x)
	default:
		VMULPS_Z(y, x, m.op, x)
	}
}

// divWhere divides x by y where m is set; elsewhere x is then 0.
func (g isa) divWhere(m mask, y, x Op) {
	switch {
	case !g.avx512:
		g.div(y, x, x)
		g.and(m.op, x, x)
	case g.f64:
		VDIVPD_Z(y, x, m.op, x)
	default:
		VDIVPS_Z(y, x, m.op, x)
	}
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

// flip changes acc in the lanes of m.
func (g isa) flip(m, acc mask) {
	if g.avx512 {
		KXORW(m.op, acc.op, acc.op)
		return
	}
	g.pick(VXORPS, VXORPD, m.op, acc.op, acc.op)
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

// negative sets a mask where t is negative or NaN.
func (g isa) negative(t Op) mask { return g.cmp(ngeUQ, g.constant(0), t) }

// invalid sets a mask where t is negative, NaN or infinite.
func (g isa) invalid(t Op) mask {
	if g.avx512 {
		k := K()
		g.pick(VFPCLASSPSZ, VFPCLASSPDZ, Imm(0x01|0x08|0x10|0x40|0x80), t, k)
		return mask{op: k}
	}
	m := g.negative(t)
	g.orInto(g.cmp(nltUQ, g.infinity(1), t), m)
	return m
}

// masksOf returns the masks of n elements in so many vectors.
func (g isa) masksOf(n reg.GPVirtual, vectors int) []mask {
	masks := make([]mask, vectors)
	left, most, none := GP64(), GP64(), GP64()
	MOVQ(n, left)
	MOVQ(U32(g.lanes()), most)
	XORQ(none, none)
	for v := range masks {
		count := GP64()
		MOVQ(left, count)
		CMPQ(count, most)
		CMOVQGT(most, count)
		CMPQ(count, none)
		CMOVQLT(none, count)
		masks[v] = g.tail(count)
		SUBQ(most, left)
	}
	return masks
}

// tail returns the mask of the first n lanes, 0 <= n <= lanes.
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

// halfMask returns the lower or the upper half of m, of float32, as a mask of float64.
func (g isa) halfMask(m mask, half int) mask {
	if g.avx512 {
		k := K()
		KSHIFTRW(Imm(uint64(8*half)), m.op, k)
		return mask{op: k}
	}
	x, wide := m.op.(reg.VecVirtual).AsX(), YMM()
	if half == 1 {
		h := XMM()
		VEXTRACTF128(Imm(1), m.op, h)
		x = h
	}
	VPMOVSXDQ(x, wide)
	return mask{op: wide}
}

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

// butLane returns m without lane pos, which may be none.
func (g isa) butLane(m mask, pos reg.GPVirtual) mask {
	if g.avx512 {
		bit, none, k := GP32(), GP32(), K()
		MOVL(U32(1), bit)
		XORL(none, none)
		SHLXL(pos.As32(), bit, bit)
		CMPQ(pos, Imm(uint64(g.lanes())))
		CMOVLCC(none, bit) // as an unsigned number: negative ones are beyond
		KMOVW(bit, k)
		KANDNW(m.op, k, k)
		return mask{op: k}
	}
	x, all := XMM(), YMM()
	VMOVQ(pos, x)
	if g.f64 {
		VPBROADCASTQ(x, all)
		VPCMPEQQ(g.count(), all, all)
	} else {
		VPBROADCASTD(x, all)
		VPCMPEQD(g.count(), all, all)
	}
	g.pick(VANDNPS, VANDNPD, m.op, all, all)
	return mask{op: all}
}

// count returns memory with the numbers of the lanes.
func (g isa) count() Mem {
	name := fmt.Sprintf("count%dx%d", g.lanes(), g.floatSize())
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range g.lanes() {
		if g.f64 {
			DATA(i*8, U64(i))
		} else {
			DATA(i*4, U32(i))
		}
	}
	constants[name] = m
	return m
}

// signBits returns the signs of the lanes of x as the low bits of a general register.
func (g isa) signBits(x reg.VecVirtual) reg.GPVirtual {
	if !g.avx512 {
		return g.maskBits(mask{op: x})
	}
	k := K()
	if g.f64 {
		VPMOVQ2M(x, k)
	} else {
		VPMOVD2M(x, k)
	}
	return g.maskBits(mask{op: k})
}
