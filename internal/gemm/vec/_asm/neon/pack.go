package main

import . "softloss/internal/_asm/neon"

// transpose emits the function that packs columns that are contiguous.
func transpose(a *Asm) {
	a.Kernel("transposeBlocks", "k int, b *T, bCol, cols int, dst *T, dstRow int", "",
		`transposeBlocks copies cols columns of B, bCol elements apart and k elements long, to the columns of
dst, whose rows are dstRow elements apart. k is a positive multiple of the lanes, cols is up to the
lanes; whole vectors of dst are written.`, func() {
			n := a.Lanes()
			col := rows[:n]
			a.Pointer("k", k)
			a.Pointer("dst", c)
			a.Pointer("dstRow", cRow)
			a.F("LSL $%d, %s, %s", a.Shift(), cRow, cRow)
			columns(a, col)
			x, y := a.Row(n), a.Row(n)
			a.Label("block")
			for i := range col {
				a.Load(col[i], x[i])
			}
			// Elements i and i + n/2 of a column go beside each other, as often as they are halved.
			for h := 1; h < n; h *= 2 {
				for i := range n / 2 {
					a.Zip(1, y[2*i], x[i], x[i+n/2])
					a.Zip(2, y[2*i+1], x[i], x[i+n/2])
				}
				x, y = y, x
			}
			for _, v := range x {
				a.StoreAt(c, v)
				a.F("ADD %s, %s", cRow, c)
			}
			a.F("SUBS $%d, %s, %s", n, k, k)
			a.F("BNE block")
		})
}

// columns emits pointers to columns of B. Where there are fewer, the last one stands for the others
// too.
func columns(a *Asm, col []string) {
	const left, bCol = "R9", bRow
	a.Pointer("cols", left)
	a.Pointer("bCol", bCol)
	a.F("LSL $%d, %s, %s", a.Shift(), bCol, bCol)
	a.Pointer("b", col[0])
	for i := 1; i < len(col); i++ {
		a.F("SUBS $1, %s, %s", left, left)
		a.F("CSEL EQ, ZR, %s, %s", bCol, bCol) // no further column
		a.F("ADD %s, %s, %s", bCol, col[i-1], col[i])
	}
}
