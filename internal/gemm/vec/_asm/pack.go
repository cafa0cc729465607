package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// copyPanel packs columns of a matrix with contiguous rows.
func (g isa) copyPanel() {
	g.function("copyPanel", "func(k int, b *%[1]s, bRow int, dst *%[1]s, cols int)",
		fmt.Sprintf(`copies k rows of B, 1 <= cols <= %d elements each, behind each other to dst.
There they fill whole vectors of %d, with zeros behind them.`, 2*g.lanes(), g.lanes()))
	k, b, bRow, dst, last := load64("k"), load64("b"), g.stride("bRow"), load64("dst"), load64("cols")
	CMPQ(last, Imm(uint64(g.lanes())))
	JLE(LabelRef("narrow"))
	SUBQ(Imm(uint64(g.lanes())), last)
	for _, vectors := range []int{2, 1} {
		if vectors == 1 {
			Label("narrow")
		}
		mask := g.mask(last)
		loop := fmt.Sprintf("row%d", vectors)
		Label(loop)
		for j := range vectors {
			v, mem := g.vec(), Mem{Base: b, Disp: j * g.bytes()}
			if j == vectors-1 {
				g.loadMasked(mem, mask, v)
			} else {
				g.move(mem, v)
			}
			g.move(v, Mem{Base: dst, Disp: j * g.bytes()})
		}
		ADDQ(bRow, b)
		ADDQ(Imm(uint64(vectors*g.bytes())), dst)
		DECQ(k)
		JNZ(LabelRef(loop))
		VZEROUPPER()
		RET()
	}
}

// transpose packs columns that are contiguous. AVX-512 uses it too.
func (g isa) transpose() {
	n := g.lanes()
	g.function("transpose", "func(k int, b *%[1]s, bCol, cols int, dst *%[1]s, dstRow int)",
		fmt.Sprintf(`copies cols columns of B, bCol elements apart and k elements long, to the columns
of dst, whose rows are dstRow elements apart. 1 <= cols <= %d; %d columns of dst are written.`, n, n))
	col := g.columns(n)
	k, dst, dstRow := load64("k"), load64("dst"), g.stride("dstRow")
	CMPQ(k, Imm(uint64(n)))
	JLT(LabelRef("rest"))
	Label("block")
	low, high := make([]reg.VecVirtual, n/2), make([]reg.VecVirtual, n/2)
	for i := range low {
		low[i], high[i] = g.joined(col[i], col[i+n/2], 0), g.joined(col[i], col[i+n/2], 16)
	}
	for _, r := range g.transposed(low, high) {
		g.move(r, Mem{Base: dst})
		ADDQ(dstRow, dst)
	}
	for i := range col {
		ADDQ(Imm(32), col[i])
	}
	SUBQ(Imm(uint64(n)), k)
	CMPQ(k, Imm(uint64(n)))
	JGE(LabelRef("block"))
	Label("rest")
	TESTQ(k, k)
	JZ(LabelRef("done"))
	mask := g.mask(k)
	for i := range low {
		v, w := YMM(), YMM()
		g.loadMasked(Mem{Base: col[i]}, mask, v)
		g.loadMasked(Mem{Base: col[i+n/2]}, mask, w)
		low[i], high[i] = YMM(), YMM()
		VPERM2F128(Imm(0x20), w, v, low[i])
		VPERM2F128(Imm(0x31), w, v, high[i])
	}
	for _, r := range g.transposed(low, high) {
		g.move(r, Mem{Base: dst})
		ADDQ(dstRow, dst)
		DECQ(k)
		JZ(LabelRef("done"))
	}
	Label("done")
	VZEROUPPER()
	RET()
}

// columns returns pointers to n columns. Where there are fewer, the last one stands for the others
// too.
func (g isa) columns(n int) []reg.GPVirtual {
	left, bCol := load64("cols"), g.stride("bCol")
	col := []reg.GPVirtual{load64("b")}
	zero := GP64()
	XORQ(zero, zero)
	for len(col) < n {
		DECQ(left)
		CMOVQEQ(zero, bCol) // no further column
		next := GP64()
		LEAQ(Mem{Base: col[len(col)-1], Index: bCol, Scale: 1}, next)
		col = append(col, next)
	}
	return col
}

// joined returns 16 bytes of one column, and behind them as many of another.
func (g isa) joined(first, second reg.GPVirtual, at int) reg.VecVirtual {
	v := YMM()
	g.move(Mem{Base: first, Disp: at}, v.AsX())
	VINSERTF128(Imm(1), Mem{Base: second, Disp: at}, v, v)
	return v
}

// transposed returns the rows of the square matrix of which low are the upper halves of the columns
// of the left half, joined with those of the right half, and high the lower halves. Elements of two
// columns, then pairs of four, are interleaved within the halves of the vectors.
func (g isa) transposed(low, high []reg.VecVirtual) (rows []reg.VecVirtual) {
	for _, v := range [][]reg.VecVirtual{low, high} {
		if g.f64 {
			row0, row1 := interleaved(VUNPCKLPD, VUNPCKHPD, v[0], v[1])
			rows = append(rows, row0, row1)
			continue
		}
		low01, high01 := interleaved(VUNPCKLPS, VUNPCKHPS, v[0], v[1])
		low23, high23 := interleaved(VUNPCKLPS, VUNPCKHPS, v[2], v[3])
		row0, row1 := interleaved(VUNPCKLPD, VUNPCKHPD, low01, low23)
		row2, row3 := interleaved(VUNPCKLPD, VUNPCKHPD, high01, high23)
		rows = append(rows, row0, row1, row2, row3)
	}
	return rows
}

// interleaved returns what the two instructions make of x and y.
func interleaved(low, high func(...Op), x, y reg.VecVirtual) (l, h reg.VecVirtual) {
	l, h = YMM(), YMM()
	low(y, x, l)
	high(y, x, h)
	return l, h
}
