package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Many sums across the lanes of vectors at once, for which the vectors are transposed.

// blockColumns returns quad vectors of which the sum is that of W vectors at p, which, of rows from
// i on.
func (g isa) blockColumns(p reg.GPVirtual, which, i int) []reg.VecVirtual {
	rows := make([]reg.VecVirtual, g.numbersAtOnce())
	for j := range rows {
		rows[j] = g.vec()
		g.load(Mem{Base: p, Disp: (which*g.lanes() + i + j) * g.column()}, rows[j])
	}
	return g.transpose(rows)
}

// halvesOf returns two vectors that hold what the last of left vectors hold, so that their lanes
// can be combined: 16 bytes of a and of b in turn.
func (g isa) halvesOf(a, b reg.VecVirtual, last bool) (x, y reg.VecVirtual) {
	x, y = g.vec(), g.vec()
	switch {
	case !g.avx512:
		VPERM2F128(Imm(0x20), b, a, x)
		VPERM2F128(Imm(0x31), b, a, y)
	case last:
		VSHUFF64X2(Imm(0x88), b, a, x)
		VSHUFF64X2(Imm(0xdd), b, a, y)
	default:
		VSHUFF64X2(Imm(0x44), b, a, x)
		VSHUFF64X2(Imm(0xee), b, a, y)
	}
	return x, y
}

// collapsed combines the lanes of each of W vectors at work into a lane.
func (g isa) collapsed(work reg.GPVirtual, which int, op func(a, b, dst Op)) reg.VecVirtual {
	return g.byRows(func(i int) running {
		c := g.blockColumns(work, which, i)
		for len(c) > 1 {
			op(c[1], c[0], c[0])
			c = append(c[2:], c[0])
		}
		return running{sum: c[0]}
	}, func(a, b running, last bool) running {
		x, y := g.halvesOf(a.sum, b.sum, last)
		op(y, x, x)
		return running{sum: x}
	}).sum
}

// collapsedSum adds up the lanes of each of W sums at work, with what follows them, that which they
// have lost.
func (g isa) collapsedSum(work reg.GPVirtual, which int) running {
	plus := func(x, y, lost reg.VecVirtual) reg.VecVirtual {
		sum, less := g.vec(), g.vec()
		g.twoSum(x, y, sum, less)
		g.add(less, lost, lost)
		return sum
	}
	return g.byRows(func(i int) running {
		l := g.blockColumns(work, which+1, i)
		for _, x := range l[1:] {
			g.add(x, l[0], l[0])
		}
		c := g.blockColumns(work, which, i)
		for len(c) > 1 {
			c = append(c[2:], plus(c[0], c[1], l[0]))
		}
		return running{c[0], l[0]}
	}, func(a, b running, last bool) running {
		lost, more := g.halvesOf(a.lost, b.lost, last)
		g.add(more, lost, lost)
		x, y := g.halvesOf(a.sum, b.sum, last)
		return running{plus(x, y, lost), lost}
	})
}

// byRows combines what leaf returns for every quad of rows, two at a time. Of quads that a block of
// n rows has not, it takes the first one's.
func (g isa) byRows(leaf func(i int) running, merge func(a, b running, last bool) running) running {
	first := leaf(0)
	quad := func(i int) (x running) {
		x.sum = g.vec()
		if first.lost != nil {
			x.lost = g.vec()
		}
		take := func(y running) {
			g.move(y.sum, x.sum)
			if y.lost != nil {
				g.move(y.lost, x.lost)
			}
		}
		none, taken := label("none"), label("taken")
		CMPQ(address(Param("n")), Imm(uint64(i*g.numbersAtOnce())))
		JLE(LabelRef(none))
		take(leaf(i * g.numbersAtOnce()))
		JMP(LabelRef(taken))
		Label(none)
		take(first)
		Label(taken)
		return x
	}
	if n := g.column() / 16; n == 2 {
		return merge(first, quad(1), true)
	}
	a := merge(first, quad(1), false)
	return merge(a, merge(quad(2), quad(3), false), true)
}
