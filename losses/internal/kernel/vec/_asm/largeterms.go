package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// above emits the search for what smallTerms leaves out.
func (g isa) above() {
	g.text("above", "func(at *int32, x *T, n int, limit A) (count int)",
		"stores the positions of the numbers that are larger than limit, or NaN, and returns how many these are. It may "+
			"overwrite others of n.")
	to, x, n, limit := g.param("at"), g.param("x"), g.param("n"), g.broadcast("limit")
	found := g.positions(to)
	g.loop(n, 1, func(i reg.GPVirtual, v int, k *mask) {
		larger := g.cmp(nleUQ, limit, g.get(x, i, v, k))
		if k != nil {
			larger = g.maskAnd(*k, larger)
		}
		found(i, larger, k)
	})
	SUBQ(address(Param("at")), to)
	SHRQ(Imm(2), to)
	Store(to, Return("count"))
	g.ret()
}

// positions emits what comes before a loop of vectors one by one. What it returns emits, for the
// vector from element i on, all or the lanes of k, that the positions of m are stored in to, which
// it moves behind them.
func (g isa) positions(to reg.GPVirtual) func(i reg.GPVirtual, m mask, k *mask) {
	if !g.avx512 {
		return func(i reg.GPVirtual, m mask, _ *mask) {
			place := GP64()
			g.eachBit(g.maskBits(m), place, func() {
				ADDQ(i, place)
				MOVL(place.As32(), Mem{Base: to})
				ADDQ(Imm(4), to)
			})
		}
	}
	at, step := g.integers(), g.integers()
	VMOVDQU32(g.firstIntegers(), at)
	lanes := GP32()
	MOVL(U32(g.lanes()), lanes)
	VPBROADCASTD(lanes, step)
	return func(_ reg.GPVirtual, m mask, k *mask) {
		y, bits := g.integers(), g.maskBits(m)
		VPCOMPRESSD_Z(at, m.op, y)
		if k == nil {
			VMOVDQU32(y, Mem{Base: to})
		} else {
			VMOVDQU32(y, k.op, Mem{Base: to})
		}
		VPADDD(step, at, at)
		POPCNTL(bits, bits)
		LEAQ(Mem{Base: to, Index: bits.As64(), Scale: 4}, to)
	}
}

// integers returns a vector for an integer of 32 bits a lane, with AVX-512.
func (g isa) integers() reg.VecVirtual {
	if g.f64 {
		return YMM()
	}
	return ZMM()
}

// firstIntegers returns memory that holds 0 to 15.
func (g isa) firstIntegers() Mem {
	const name = "integers"
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range 16 {
		DATA(4*i, U32(i))
	}
	constants[name] = m
	return m
}
