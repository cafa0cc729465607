package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The rows of a block: their pointers, where their sums lie, their maxima.

// blockMaxima stores what exponentials take of the rows' maxima in lanes, and in the lane Coef
// those of the maxima. rejected has the bits of the rows that are for the specification.
func (g isa) blockMaxima(k reg.GPVirtual) (shift expShift, rejected reg.GPVirtual) {
	top := g.blockMost(k, func(z, _ reg.GPVirtual) func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
		return func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual { return g.get(z, i, v, m) }
	})
	low, shift, rejected := g.aroundTop(top)
	lanes, ea := g.param("lanes"), g.vec()
	g.expShifted(g.expConstsInMemory(), top, shift, ea)
	g.store(ea, g.lane(lanes, "Coef"))
	g.store(top, g.lane(lanes, "Max"))
	g.store(low, g.lane(lanes, "Low"))
	g.store(shift.n.(reg.VecVirtual), g.lane(lanes, "Shift"))
	return shift, rejected
}

// blockRows emits body for the n rows that pointers begin at; row is where in the first number of
// lanes that of the row lies.
func (g isa) blockRows(k reg.GPVirtual, pointers []string, body func(p []reg.GPVirtual, row reg.GPVirtual)) {
	var p []reg.GPVirtual
	for _, name := range pointers {
		p = append(p, g.param(name))
	}
	n, row := g.param("n"), g.param("lanes")
	next := label("row")
	Label(next)
	body(p, row)
	for _, p := range p {
		LEAQ(Mem{Base: p, Index: k, Scale: uint8(g.size())}, p)
	}
	ADDQ(Imm(uint64(g.floatSize())), row)
	DECQ(n)
	JNE(LabelRef(next))
}

// blockSum returns where the vectors of a row lie.
func (g isa) blockSum(row reg.GPVirtual) func(which int) Mem {
	p := GP64()
	MOVQ(row, p)
	SUBQ(address(Param("lanes")), p)
	SHLQ(Imm(uint64(log2(g.lanes()))), p)
	ADDQ(address(Param("work")), p)
	return func(which int) Mem { return Mem{Base: p, Disp: which * g.lanes() * g.column()} }
}

// foldedAt is folded with the sum in memory, followed by what it has lost after W vectors, where
// registers are few.
func (g isa) foldedAt(m Mem) folded {
	if g.avx512 && !g.f64 {
		return g.folded(true)
	}
	v, lost := g.zeros(2), m
	lost.Disp += g.lanes() * g.column()
	g.store(v[0], m)
	g.store(v[0], lost)
	return folded{inner: [2]reg.VecVirtual(v), sum: m, lost: lost}
}

// zeroAt returns a sum of nothing, for AVX2 in memory.
func (g isa) zeroAt(m Mem) Op {
	zero := g.zeros(1)[0]
	if g.avx512 {
		return zero
	}
	g.store(zero, m)
	return m
}

// ofRow returns a number of a row in all lanes.
func (g isa) ofRow(row reg.GPVirtual, name string) reg.VecVirtual {
	v := g.vec()
	g.bcast(g.lane(row, name), v)
	return v
}

// rowMost returns the largest in each lane of what get loads of a row of k.
func (g isa) rowMost(k reg.GPVirtual, get func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual) reg.VecVirtual {
	acc := g.rowMosts(k, get)
	g.max(acc[1], acc[0], acc[0])
	return acc[0]
}

// rowMosts is rowMost of every other vector.
func (g isa) rowMosts(k reg.GPVirtual, get func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual) []reg.VecVirtual {
	acc := []reg.VecVirtual{g.vec(), g.vec()}
	for _, a := range acc {
		g.load(g.infinity(-1), a)
	}
	g.loop(k, 4, func(i reg.GPVirtual, v int, m *mask) {
		x := get(i, v, m)
		if m != nil {
			y := g.vec()
			g.load(g.infinity(-1), y)
			g.blend(*m, x, y)
			x = y
		}
		g.max(acc[v%2], x, acc[v%2])
	})
	return acc
}

// blockMost returns the largest of each row in lanes, of what get loads of a row at z.
func (g isa) blockMost(k reg.GPVirtual, get func(z, row reg.GPVirtual) func(
	i reg.GPVirtual, v int, m *mask) reg.VecVirtual) reg.VecVirtual {
	g.blockRows(k, []string{"z"}, func(p []reg.GPVirtual, row reg.GPVirtual) {
		g.store(g.rowMost(k, get(p[0], row)), g.blockSum(row)(0))
	})
	return g.collapsed(g.param("work"), 0, g.max)
}
