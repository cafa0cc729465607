package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"math"
)

// goSignature writes the type of elements for T and that of other numbers for A.
func goSignature(sig, element, float string) string {
	return strings.NewReplacer("*T", "*"+element, "*A", "*"+float, " A", " "+float).Replace(sig)
}

func (g isa) infinity(sign int) Mem { return g.constant(math.Inf(sign)) }

// The tiles: a block of W rows, W the lanes of a vector, transposed, so that column
// c of the W rows is one vector. lanes is memory for numbers of which a row has one each,
// W apart: see the constants.

// lane is where the number of that name lies.
func (g isa) lane(p reg.GPVirtual, name string) Mem {
	return Mem{Base: p, Disp: laneIndex(name) * g.bytes()}
}

// columns emits body for the k columns of tiles; off is the offset of a column in bytes.
func (g isa) columns(k reg.GPVirtual, body func(off reg.GPVirtual)) {
	off, end := GP64(), GP64()
	XORQ(off, off)
	MOVQ(k, end)
	SHLQ(Imm(uint64(log2(g.bytes()))), end)
	next := label("column")
	Label(next)
	body(off)
	ADDQ(Imm(uint64(g.bytes())), off)
	CMPQ(off, end)
	JLT(LabelRef(next))
}

func log2(n int) (l int) {
	for n > 1 {
		n >>= 1
		l++
	}
	return l
}

func col(p, off reg.GPVirtual) Mem { return Mem{Base: p, Index: off, Scale: 1} }

// quad is how many columns 16 bytes of a tile hold: the width in which tiles are transposed. column
// is the size of a column.
func (g isa) quad() int { return 16 * g.lanes() / g.column() }

func (g isa) column() int {
	if g.avx512 {
		return 64
	}
	return 32
}

// quads emits body for every group of quad columns; the last may overlap the one before it. c is
// the first column, as a count.
func (g isa) quads(k reg.GPVirtual, body func(c reg.GPVirtual)) {
	c, last := GP64(), GP64()
	XORQ(c, c)
	MOVQ(k, last)
	SUBQ(Imm(uint64(g.quad())), last)
	next, done := label("quad"), label("done")
	Label(next)
	body(c)
	CMPQ(c, last)
	JGE(LabelRef(done))
	ADDQ(Imm(uint64(g.quad())), c)
	CMPQ(c, last)
	CMOVQGT(last, c)
	JMP(LabelRef(next))
	Label(done)
}

// rowPointers returns, for each 16-byte lane, a pointer to the first of its quad rows, and the
// registers with one and three times the stride.
func (g isa) rowPointers(p, k reg.GPVirtual) (ps []reg.GPVirtual, s1, s3 reg.GPVirtual) {
	s1, s3 = GP64(), GP64()
	MOVQ(k, s1)
	SHLQ(Imm(uint64(log2(g.size()))), s1)
	LEAQ(Mem{Base: s1, Index: s1, Scale: 2}, s3)
	for i := range g.column() / 16 {
		q := GP64()
		if i == 0 {
			MOVQ(p, q)
		} else {
			LEAQ(Mem{Base: ps[i-1], Index: s1, Scale: uint8(g.quad())}, q)
		}
		ps = append(ps, q)
	}
	return ps, s1, s3
}

// rowMem is row j of the rows that p points to.
func rowMem(p, s1, s3 reg.GPVirtual, j int) Mem {
	switch j {
	case 0:
		return Mem{Base: p}
	case 1:
		return Mem{Base: p, Index: s1, Scale: 1}
	case 2:
		return Mem{Base: p, Index: s1, Scale: 2}
	}
	return Mem{Base: p, Index: s3, Scale: 1}
}

// transpose turns quad vectors of rows into quad vectors of columns, or back, lane by lane.
func (g isa) transpose(a []reg.VecVirtual) []reg.VecVirtual {
	if g.f64 {
		c0, c1 := g.vec(), g.vec()
		VUNPCKLPD(a[1], a[0], c0)
		VUNPCKHPD(a[1], a[0], c1)
		return []reg.VecVirtual{c0, c1}
	}
	t := []reg.VecVirtual{g.vec(), g.vec(), g.vec(), g.vec()}
	VUNPCKLPS(a[1], a[0], t[0])
	VUNPCKHPS(a[1], a[0], t[1])
	VUNPCKLPS(a[3], a[2], t[2])
	VUNPCKHPS(a[3], a[2], t[3])
	c := []reg.VecVirtual{g.vec(), g.vec(), g.vec(), g.vec()}
	VUNPCKLPD(t[2], t[0], c[0])
	VUNPCKHPD(t[2], t[0], c[1])
	VUNPCKLPD(t[3], t[1], c[2])
	VUNPCKHPD(t[3], t[1], c[3])
	return c
}

func (g isa) tileIn() {
	g.text("tileIn", "func(dst *A, src *T, k int)", "stores the transpose of W rows of k elements in dst. Where k is less than a quad it reads and writes a quad.")
	dst, src, k := g.param("dst"), g.param("src"), g.param("k")
	ps, s1, s3 := g.rowPointers(src, k)
	g.quads(k, func(c reg.GPVirtual) {
		rows := make([]reg.VecVirtual, g.quad())
		for j := range rows {
			rows[j] = g.vec()
			for i, p := range ps {
				q := GP64()
				LEAQ(Mem{Base: p, Index: c, Scale: uint8(g.size())}, q)
				g.setLane(rowMem(q, s1, s3, j), i, rows[j])
			}
		}
		out := GP64()
		MOVQ(c, out)
		SHLQ(Imm(uint64(log2(g.column()))), out)
		ADDQ(dst, out)
		for j, v := range g.transpose(rows) {
			g.store(v, Mem{Base: out, Disp: j * g.column()})
		}
	})
	g.ret()
}

// setLane loads a quad of m into 16-byte lane i of v.
func (g isa) setLane(m Mem, i int, v reg.VecVirtual) {
	var x Op = m
	switch {
	case g.narrow && i == 0:
		VCVTPS2PD(m, v.AsX())
		return
	case i == 0:
		VMOVUPS(m, v.AsX())
		return
	case g.narrow:
		wide := XMM()
		VCVTPS2PD(m, wide)
		x = wide
	}
	if g.avx512 {
		VINSERTF32X4(Imm(uint64(i)), x, v, v)
	} else {
		VINSERTF128(Imm(uint64(i)), x, v, v)
	}
}

func (g isa) tileOut() {
	g.text("tileOut", "func(dst *T, src *A, k int)", "stores a tile of k columns in dst as W rows. Where k is less than a quad it writes a quad.")
	dst, src, k := g.param("dst"), g.param("src"), g.param("k")
	ps, s1, s3 := g.rowPointers(dst, k)
	g.quads(k, func(c reg.GPVirtual) {
		in := GP64()
		MOVQ(c, in)
		SHLQ(Imm(uint64(log2(g.column()))), in)
		ADDQ(src, in)
		cols := make([]reg.VecVirtual, g.quad())
		for j := range cols {
			cols[j] = g.vec()
			g.load(Mem{Base: in, Disp: j * g.column()}, cols[j])
		}
		rows := g.transpose(cols)
		for i, p := range ps { // row after row: where k is less than a quad, each mends what the last wrote too much
			q := GP64()
			LEAQ(Mem{Base: p, Index: c, Scale: uint8(g.size())}, q)
			for j, v := range rows {
				g.storeLane(v, i, rowMem(q, s1, s3, j))
			}
		}
	})
	g.ret()
}

// storeLane stores 16-byte lane i of v, a quad, in m.
func (g isa) storeLane(v reg.VecVirtual, i int, m Mem) {
	lane := v.AsX()
	var x Op = m
	if g.narrow {
		x = XMM()
	}
	switch {
	case i > 0 && g.avx512:
		VEXTRACTF32X4(Imm(uint64(i)), v, x)
	case i > 0:
		VEXTRACTF128(Imm(uint64(i)), v, x)
	case !g.narrow:
		VMOVUPS(lane, m)
	}
	if g.narrow {
		if i > 0 {
			lane = x.(reg.Register)
		}
		half := XMM()
		VCVTPD2PSX(lane, half)
		VMOVLPS(half, m)
	}
}

// bound is the size of the largest logit that the kernels take.
func (g isa) bound() float64 {
	if g.f64 {
		return bound64
	}
	return bound32
}

// tileMax emits the row maxima, the mask of the rows beyond bound, the clamp and the shift of the
// exponentials.
func (g isa) tileMax(z, k reg.GPVirtual) (top, low reg.VecVirtual, shift expShift, rejected reg.GPVirtual) {
	top = g.vec()
	g.load(g.infinity(-1), top)
	g.columns(k, func(off reg.GPVirtual) {
		x := g.vec()
		g.load(col(z, off), x)
		g.max(top, x, top)
	})
	size := g.vec()
	g.load(g.abs(), size)
	g.and(top, size, size)
	b := g.vec()
	g.load(g.constant(g.bound()), b)
	rejected = g.maskBits(g.cmp(nltUQ, b, size))
	low = g.vec()
	g.add(g.constant(g.lowest()), top, low)
	n, magic := g.vec(), g.magic()
	g.load(magic, n)
	g.madd(g.constant(math.Log2E), top, n)
	g.sub(magic, n, n)
	return top, low, g.shiftOf(n), rejected
}

// magic is added to round to an integer, which then stands in the low bits.
func (g isa) magic() Mem { return g.constant(g.magicNumber()) }

func (g isa) magicNumber() float64 {
	if g.f64 {
		return 0x1.8p52
	}
	return 0x1.8p23
}

// abs is a mask that clears the sign.
func (g isa) abs() Mem {
	if g.f64 {
		return g.bitsOf(math.MaxInt64)
	}
	return g.bitsOf(math.MaxInt32)
}

// softmaxNumbers emits what a row's softmax needs from r and e_a = exp(M) 2^-shift, and stores it
// in lanes.
func (g isa) softmaxNumbers(lanes reg.GPVirtual, top, r, ea reg.VecVirtual) (log, inv, rest, coef reg.VecVirtual) {
	log, inv, rest, coef = g.vec(), g.vec(), g.vec(), g.vec()
	total := g.vec()
	g.add(ea, r, total)
	g.load(g.constant(1), coef)
	g.div(total, coef, coef)
	g.div(ea, r, r)
	g.log1p(r, inv, log)
	g.mul(inv, r, rest)
	g.store(top, g.lane(lanes, "Max"))
	g.store(log, g.lane(lanes, "Log"))
	g.store(inv, g.lane(lanes, "Top"))
	g.store(rest, g.lane(lanes, "Rest"))
	g.store(coef, g.lane(lanes, "Coef"))
	return log, inv, rest, coef
}

// maxima finds the first of the largest logits of each row, so that others as large count among the
// rest of the row and are summed as exactly.
type maxima struct {
	top    reg.VecVirtual
	unseen mask // the rows whose maximum has not come yet
}

func (g isa) maxima(top reg.VecVirtual) maxima { return maxima{top, g.allLanes()} }

// first returns the mask of the rows of which v holds the first maximum.
func (g isa) first(x maxima, v Op) mask {
	eq := g.cmp(eqOQ, v, x.top)
	m := g.maskAnd(eq, x.unseen)
	g.maskDrop(eq, x.unseen)
	return m
}

func (g isa) tileStats() {
	g.text("tileStats", "func(e, z *T, k int, lanes *T) (rejected uint32)",
		"stores exp(z) 2^-shift in e and the softmax's numbers in lanes; rejected has the bits of the rows that are for the specification.")
	e, z, k, lanes := g.param("e"), g.param("z"), g.param("k"), g.param("lanes")
	top, low, shift, rejected := g.tileMax(z, k)
	Store(rejected, Return("rejected"))
	c := g.expConsts()
	ea := g.vec()
	g.expShifted(c, top, shift, ea)
	r, m := g.compensated(), g.maxima(top)
	g.columns(k, func(off reg.GPVirtual) {
		x, y := g.vec(), g.vec()
		g.max(col(z, off), low, x)
		g.expShifted(c, x, shift, y)
		g.store(y, col(e, off))
		g.drop(g.first(m, col(z, off)), y)
		g.addTo(r, y)
	})
	g.softmaxNumbers(lanes, top, g.value(r), ea)
	g.ret()
}

func (g isa) tileSmooth() {
	g.text("tileSmooth", "func(t *T, k int, keep, cut, add, addMass A) (bad uint32)",
		"replaces t by max(keep t - cut/nnz, 0) + add + addMass Σ t, nnz the number of t > 0 in the row,",
		"with cut/nnz = 0 where there is none; bad has the bits of the rows with an invalid label or an infinite sum.")
	t, k := g.param("t"), g.param("k")
	acc := g.zeros(2)
	sum, nnz, zero := g.compensated(), acc[0], acc[1]
	bad, one := g.noLanes(), g.constant(1)
	g.columns(k, func(off reg.GPVirtual) {
		x := g.vec()
		g.load(col(t, off), x)
		g.orInto(g.invalid(x), bad)
		g.addWhere(g.cmp(gtOQ, zero, x), one, nnz)
		g.addTo(sum, x)
	})
	mass := g.value(sum)
	inf := g.vec()
	g.load(g.infinity(1), inf)
	g.orInto(g.cmp(nltUQ, inf, mass), bad)
	Store(g.maskBits(bad), Return("bad"))
	keep, cut, add := g.broadcast("keep"), g.broadcast("cut"), g.broadcast("add")
	g.madd(g.broadcast("addMass"), mass, add)
	g.max(g.constant(1), nnz, nnz)
	g.div(nnz, cut, cut)
	g.columns(k, func(off reg.GPVirtual) {
		x := g.vec()
		g.load(col(t, off), x)
		g.msub(cut, keep, x)
		g.max(zero, x, x)
		g.add(add, x, x)
		g.store(x, col(t, off))
	})
	g.ret()
}

func (g isa) tileSoftmax() {
	g.text("tileSoftmax", "func(e, z *T, k int, lanes *T)", "takes e and lanes from tileStats and stores the softmax in e.")
	e, z, k, lanes := g.param("e"), g.param("z"), g.param("k"), g.param("lanes")
	c, inv, top := g.vec(), g.vec(), g.vec()
	g.load(g.lane(lanes, "Coef"), c)
	g.load(g.lane(lanes, "Top"), inv)
	g.load(g.lane(lanes, "Max"), top)
	g.columns(k, func(off reg.GPVirtual) {
		y := g.vec()
		g.mul(col(e, off), c, y)
		g.blend(g.cmp(eqOQ, col(z, off), top), inv, y)
		g.store(y, col(e, off))
	})
	g.ret()
}

func (g isa) tileShift() {
	g.text("tileShift", "func(dst, z *T, k int, lanes *T)", "stores (z - M) - log1p(r), the log-softmax, in dst.")
	dst, z, k, lanes := g.param("dst"), g.param("z"), g.param("k"), g.param("lanes")
	top, log := g.vec(), g.vec()
	g.load(g.lane(lanes, "Max"), top)
	g.load(g.lane(lanes, "Log"), log)
	g.columns(k, func(off reg.GPVirtual) {
		y := g.vec()
		g.load(col(z, off), y)
		g.sub(top, y, y)
		g.sub(log, y, y)
		g.store(y, col(dst, off))
	})
	g.ret()
}

func (g isa) tileCrossEntropy(grad bool) {
	if grad {
		g.text("tileCrossEntropyGrad", "func(e, z, t *T, k int, lanes *T) (rejected, bad uint32)",
			"stores the losses in lanes and the gradients in e; rejected has the bits of the rows that are for the specification, bad of those with an invalid label.")
	} else {
		g.text("tileCrossEntropy", "func(z, t *T, k int, lanes *T) (rejected, bad uint32)", "is tileCrossEntropyGrad without the gradients.")
	}
	z, t, k, lanes := g.param("z"), g.param("t"), g.param("k"), g.param("lanes")
	var e reg.GPVirtual
	if grad {
		e = g.param("e")
	}
	top, low, shift, rejected := g.tileMax(z, k)
	Store(rejected, Return("rejected"))
	c := g.expConsts()
	ea := g.vec()
	g.expShifted(c, top, shift, ea)
	g.store(ea, g.lane(lanes, "Coef")) // registers are few
	r, others, own, dot := g.compensated(), g.compensated(), g.zeros(1)[0], g.running(1)[0]
	m := g.maxima(top)
	zero := g.hold(0)
	bad := g.noLanes()
	g.columns(k, func(off reg.GPVirtual) {
		x, y := g.vec(), g.vec()
		g.max(col(z, off), low, x)
		g.expShifted(c, x, shift, y)
		if grad {
			g.store(y, col(e, off))
		}
		v, lab := g.vec(), g.vec()
		g.load(col(z, off), v)
		g.load(col(t, off), lab)
		first := g.first(m, v)
		g.drop(first, y)
		g.addTo(r, y)
		other := g.vec()
		g.move(lab, other)
		g.drop(first, other)
		g.addTo(others, other)
		g.addWhere(first, lab, own)
		g.orInto(g.invalid(lab), bad)
		g.sub(top, v, v)
		g.keep(g.cmp(neqUQ, zero, lab), v, v)
		g.mul(lab, v, v)
		g.addTo(dot, v)
	})
	mass := g.vec()
	g.add(g.value(others), own, mass)
	inf := g.vec()
	g.load(g.infinity(1), inf)
	g.orInto(g.cmp(nltUQ, inf, mass), bad)
	ea = g.vec()
	g.load(g.lane(lanes, "Coef"), ea)
	var coef, f reg.VecVirtual
	if grad { // mass / Σ e
		f, coef = g.vec(), g.vec()
		g.load(g.lane(lanes, "Scale"), f)
		g.move(mass, coef)
		g.divBySum(coef, ea, r)
	}
	Store(g.maskBits(bad), Return("bad"))
	log, inv, q, _ := g.softmaxNumbers(lanes, top, g.value(r), ea)
	half := g.vec()
	g.load(g.constant(0.5), half)
	sure := g.cmp(gtOQ, half, inv) // one maximum, and p_a > 1/2
	if grad {                      // and others - mass q is of smaller numbers than mass p - t
		p, rest := g.vec(), g.vec()
		g.mul(mass, inv, p)
		g.max(own, p, p)
		g.mul(mass, q, rest)
		g.max(others.sum, rest, rest)
		sure = g.maskAnd(sure, g.cmp(ltOQ, p, rest))
	}
	// loss = mass log1p(r) - dot
	g.msub(g.value(dot), mass, log)
	g.store(log, g.lane(lanes, "Loss"))
	if !grad {
		g.ret()
		return
	}
	// grad = f (mass p - t), at a maximum of p > 1/2 f (others - mass q).
	g.rsub(others.sum, mass, q) // q = others - q mass
	g.columns(k, func(off reg.GPVirtual) {
		y := g.vec()
		g.load(col(e, off), y)
		g.msub(col(t, off), coef, y)
		g.blend(g.maskAnd(sure, g.cmp(eqOQ, col(z, off), top)), q, y)
		g.mul(f, y, y)
		g.store(y, col(e, off))
	})
	g.ret()
}

// divBySum divides x by ea + r, of which it keeps what the sum's rounding and r's have lost.
func (g isa) divBySum(x, ea reg.VecVirtual, r running) {
	s, lost, small := g.vec(), g.vec(), g.vec()
	g.add(ea, r.sum, s)
	g.max(ea, r.sum, lost)
	g.min(ea, r.sum, small)
	g.sub(s, lost, lost)
	g.add(small, lost, lost)
	g.add(r.lost, lost, lost)
	g.div(s, x, x)
	g.div(s, lost, lost)
	g.nmadd(x, lost, x)
}

func (g isa) tileMAE() {
	g.text("tileMAE", "func(e, z, t *A, k int, lanes *A) (bad uint32)",
		"takes e and lanes from tileStats, stores the losses in lanes and the gradients in e.")
	e, z, t, k, lanes := g.param("e"), g.param("z"), g.param("t"), g.param("k"), g.param("lanes")
	top, coef, rest := g.vec(), g.vec(), g.vec()
	g.load(g.lane(lanes, "Max"), top)
	g.load(g.lane(lanes, "Coef"), coef)
	g.load(g.lane(lanes, "Rest"), rest)
	acc := g.zeros(2)
	sum, sa, delta, zero := g.compensated(), acc[0], g.compensated(), acc[1]
	bad := g.noLanes()
	// d returns p - t, at a maximum (1 - t) - rest.
	d := func(off reg.GPVirtual, p, lab reg.VecVirtual) (reg.VecVirtual, mask) {
		x, v := g.vec(), g.vec()
		g.sub(lab, p, x)
		g.load(g.constant(1), v)
		g.sub(lab, v, v)
		g.sub(rest, v, v)
		eq := g.cmp(eqOQ, col(z, off), top)
		g.blend(eq, v, x)
		return x, eq
	}
	load := func(off reg.GPVirtual) (p, lab reg.VecVirtual) {
		p, lab = g.vec(), g.vec()
		g.load(col(t, off), lab)
		g.mul(col(e, off), coef, p)
		return p, lab
	}
	mass := g.vec()
	g.zero(mass)
	g.columns(k, func(off reg.GPVirtual) {
		p, lab := load(off)
		g.orInto(g.invalid(lab), bad)
		g.add(lab, mass, mass)
		x, eq := d(off, p, lab)
		s := g.sign(x, zero)
		g.blend(eq, s, sa)
		g.mul(s, x, x)
		g.addTo(sum, x)
	})
	inf := g.vec()
	g.load(g.infinity(1), inf)
	g.orInto(g.cmp(nltUQ, inf, mass), bad)
	g.value(sum)
	g.orInto(g.cmp(nltUQ, inf, sum.sum), bad)
	Store(g.maskBits(bad), Return("bad"))
	g.store(sum.sum, g.lane(lanes, "Loss"))
	g.columns(k, func(off reg.GPVirtual) {
		p, lab := load(off)
		x, _ := d(off, p, lab)
		s := g.sign(x, zero)
		g.sub(s, sa, s)
		g.mul(s, p, p)
		g.addTo(delta, p)
	})
	f, deltas := g.vec(), g.value(delta)
	g.load(g.lane(lanes, "Scale"), f)
	g.columns(k, func(off reg.GPVirtual) {
		p, lab := load(off)
		x, _ := d(off, p, lab)
		s := g.sign(x, zero)
		g.sub(sa, s, s)
		g.add(deltas, s, s)
		g.mul(f, p, p)
		g.mul(s, p, p)
		g.store(p, col(e, off))
	})
	g.ret()
}
