package main

import . "softloss/internal/_asm/neon"

// chains are those of a tile. They take steps of k: in each they load a row of B, which is
// multiplied by an element of each row of A.
type chains struct {
	*Asm
	name    string // of the labels
	acc     [][]Vec
	copying bool
}

// emit emits the chains over all of k, and moves a0 on to the next tile. Where the rows of A are
// contiguous it reads them in vectors, and where the columns are; elsewhere, and at the end of a
// row, it reads elements.
func (t chains) emit() {
	for i := range t.acc {
		if i == 0 {
			t.F("MOVD %s, %s", a0, rows[i])
		} else {
			t.F("ADD %s, %s, %s", aRow, rows[i-1], rows[i])
		}
	}
	t.F("ADD %s, %s, %s", aRow, rows[len(t.acc)-1], a0)
	t.F("MOVD %s, %s", b0, b)
	t.Pointer("k", k)
	if len(t.acc)%t.Lanes() == 0 {
		t.F("CMP $%d, %s", t.Size(), aRow)
		t.F("BEQ %scolumn", t.name)
	}
	t.F("CMP $%d, %s", t.Size(), aCol)
	t.F("BNE %selements", t.name)
	t.byRows()
	t.Label(t.name + "elements")
	t.byElements()
	if len(t.acc)%t.Lanes() == 0 {
		t.F("B %send", t.name)
		t.byColumns()
		t.Label(t.name + "end")
	}
}

// step emits the load of a row of B, and its multiplication by x(i) for row i of A.
func (t chains) step(y []Vec, x func(i int) Lane) {
	inPieces(t.Asm, b, y, t.LoadAt, t.Load)
	t.F("ADD %s, %s", bRow, b)
	if t.copying {
		t.Store(copyTo, y...)
	}
	for i, acc := range t.acc {
		v := x(i)
		for j := range y {
			t.OpLane(Fmla, acc[j], y[j], v)
		}
	}
}

// byRows emits as many steps as fill vectors, for a row of A that is contiguous, and leaves in k
// how many remain.
func (t chains) byRows() {
	loop, done := t.name+"rows", t.name+"rest"
	x, y := t.Row(len(t.acc)), t.Row(len(t.acc[0]))
	t.F("SUBS $%d, %s, %s", t.Lanes(), k, k)
	t.F("BLT %s", done)
	t.Label(loop)
	for i := range x {
		t.Load(rows[i], x[i])
	}
	for lane := range t.Lanes() {
		t.step(y, func(i int) Lane { return Lane{Of: x[i], Index: lane} })
	}
	t.F("SUBS $%d, %s, %s", t.Lanes(), k, k)
	t.F("BGE %s", loop)
	t.Label(done)
	t.F("ADD $%d, %s", t.Lanes(), k)
	t.Drop(x...)
	t.Drop(y...)
}

// byElements emits the steps that k counts, which may be none.
func (t chains) byElements() {
	loop, done := t.name+"element", t.name+"done"
	x, y := t.Row(4), t.Row(len(t.acc[0]))
	load := "FMOVS"
	if t.F64 {
		load = "FMOVD"
	}
	t.F("MOVD $0, %s", column)
	t.F("CBZ %s, %s", k, done)
	t.Label(loop)
	t.step(y, func(i int) Lane {
		v := x[i%len(x)]
		t.F("%s (%s)(%s), F%d", load, rows[i], column, v)
		return Lane{Of: v}
	})
	t.F("ADD %s, %s", aCol, column)
	t.F("SUBS $1, %s, %s", k, k)
	t.F("BNE %s", loop)
	t.Label(done)
	t.Drop(x...)
	t.Drop(y...)
}

// byColumns emits all steps, for columns of A that are contiguous.
func (t chains) byColumns() {
	x, y := t.Row(len(t.acc)/t.Lanes()), t.Row(len(t.acc[0]))
	t.Label(t.name + "column")
	t.LoadAt(rows[0], x...)
	t.F("ADD %s, %s", aCol, rows[0])
	t.step(y, func(i int) Lane { return Lane{Of: x[i/t.Lanes()], Index: i % t.Lanes()} })
	t.F("SUBS $1, %s, %s", k, k)
	t.F("BNE %scolumn", t.name)
	t.Drop(x...)
	t.Drop(y...)
}
