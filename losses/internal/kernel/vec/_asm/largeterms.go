package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// above emits the search for what smallTerms leaves out.
func (g isa) above() {
	g.text("above", "func(at *int32, x *T, n int, limit A) (count int)",
		"stores the positions of the numbers that are larger than limit and returns how many these are.")
	to, x, n, limit := g.param("at"), g.param("x"), g.param("n"), g.broadcast("limit")
	g.loop(n, 1, func(i reg.GPVirtual, v int, k *mask) {
		larger := g.cmp(gtOQ, limit, g.get(x, i, v, k))
		if k != nil {
			larger = g.maskAnd(*k, larger)
		}
		next, done := label("found"), label("none")
		bits, place := g.maskBits(larger), GP64()
		Label(next)
		BSFL(bits, place.As32())
		JEQ(LabelRef(done))
		BLSRL(bits, bits)
		ADDQ(i, place)
		MOVL(place.As32(), Mem{Base: to})
		ADDQ(Imm(4), to)
		JMP(LabelRef(next))
		Label(done)
	})
	SUBQ(address(Param("at")), to)
	SHRQ(Imm(2), to)
	Store(to, Return("count"))
	g.ret()
}
