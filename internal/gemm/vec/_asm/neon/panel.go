package main

import (
	"fmt"

	. "softloss/internal/_asm/neon"
)

// heights are the rows of the tiles, the highest first: as many as the registers hold beside a row
// of B and a vector of each row of A, and what the last rows of C are made up of. The last is 1.
var heights = []int{8, 4, 2, 1}

// widest is the width of a tile in vectors, alone that of a row for which there is no other: with
// fewer chains it would wait for each of them.
const (
	widest = 2
	alone  = 8
)

// The registers of panel.
const (
	c, aRow, aCol, bRow, cRow = "R0", "R3", "R4", "R5", "R6" // distances in bytes
	m, a0, b0                 = "R7", "R8", "R26"            // rows to go, the first row of A, that of B
	b, k, column, copyTo      = "R1", "R2", "R10", "R11"     // in the loop over k
	row                       = "R25"                        // of C
	scratch                   = "R9"
	piece                     = "R21" // of a row
)

// rows are the registers for rows of A.
var rows = []string{"R12", "R13", "R14", "R15", "R16", "R17", "R19", "R20"}

// panel emits the function that does the work. It goes down a panel of C, of up to two vectors in
// width, in tiles that stay in registers for all of k.
func panel(a *Asm) {
	a.Kernel("panelTiles", "m, k int, a *T, aRow, aCol int, b *T, bRow int, c *T, cRow, vectors int, add bool, packed *T",
		"",
		fmt.Sprintf(`panelTiles computes C ← A B, or C ← C + A B with add, for C [m, n], A [m, k], B [k, n], where n is
vectors, 1, %[1]d or %[3]d, times the lanes. aRow, bRow and cRow are the distances of the rows in elements,
aCol that of the columns of A; k >= 1. If packed is not nil, there are %[1]d vectors and m is at least
%[2]d: then the first tile leaves a copy of B without gaps there, from which the others read.`,
			widest, heights[0], alone), func() {
			a.Pointer("m", m)
			a.Pointer("a", a0)
			a.Pointer("b", b0)
			a.Pointer("c", c)
			for _, d := range [][2]string{{"aRow", aRow}, {"aCol", aCol}, {"bRow", bRow}, {"cRow", cRow}} {
				a.Pointer(d[0], d[1])
				a.F("LSL $%d, %s, %s", a.Shift(), d[1], d[1])
			}
			a.Pointer("vectors", scratch)
			a.F("CMP $%d, %s", alone, scratch)
			a.F("BEQ alone")
			a.F("CMP $%d, %s", widest, scratch)
			a.F("BNE narrow")
			a.Pointer("packed", copyTo)
			a.F("CBZ %s, wide", copyTo)
			tile(a, "copying", heights[0], widest, true)
			a.F("SUB $%d, %s", heights[0], m)
			a.Pointer("packed", b0)
			a.F("MOVD $%d, %s", widest*vectorBytes, bRow)
			a.Label("wide")
			down(a, widest, heights)
			a.F("RET")
			a.Label("alone")
			down(a, alone, []int{1})
			a.F("RET")
			a.Label("narrow")
			down(a, 1, heights)
		})
}

// down emits tiles of the given number of vectors for the rest of the panel.
func down(a *Asm, vectors int, heights []int) {
	for _, height := range heights {
		loop := fmt.Sprintf("tile%dx%d", height, vectors)
		a.Label(loop)
		a.F("CMP $%d, %s", height, m)
		a.F("BLT %sbelow", loop)
		tile(a, loop, height, vectors, false)
		a.F("SUB $%d, %s", height, m)
		a.F("B %s", loop)
		a.Label(loop + "below")
	}
}

// tile emits one tile and moves a and c on to the next. If it is told to, it copies B to packed.
func tile(a *Asm, name string, height, vectors int, copying bool) {
	acc := make([][]Vec, height)
	for i := range acc {
		acc[i] = a.Row(vectors)
	}
	eachRow := func(emit func(vs []Vec)) {
		a.F("MOVD %s, %s", c, row)
		for _, vs := range acc {
			emit(vs)
			a.F("ADD %s, %s", cRow, row)
		}
	}
	a.F("MOVBU %s, %s", a.Place("add"), scratch)
	a.F("CBZ %s, %szero", scratch, name)
	eachRow(func(vs []Vec) { inPieces(a, row, vs, a.LoadAt, a.Load) })
	a.F("B %sstart", name)
	a.Label(name + "zero")
	for _, vs := range acc {
		for _, v := range vs {
			a.Zero(v)
		}
	}
	a.Label(name + "start")
	chains{Asm: a, name: name, acc: acc, copying: copying}.emit()
	eachRow(func(vs []Vec) { inPieces(a, row, vs, a.StoreAt, a.Store) })
	a.F("MOVD %s, %s", row, c)
	for _, vs := range acc {
		a.Drop(vs...)
	}
}

// inPieces emits the move of a row that begins at the address in r, by at where one instruction
// takes all vectors, and by pieces otherwise.
func inPieces(a *Asm, r string, vs []Vec, at, advancing func(r string, vs ...Vec)) {
	const most = 4
	if len(vs) <= most {
		at(r, vs...)
		return
	}
	a.F("MOVD %s, %s", r, piece)
	for len(vs) > 0 {
		n := min(most, len(vs))
		advancing(piece, vs[:n]...)
		vs = vs[n:]
	}
}
