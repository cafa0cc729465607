package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// plain are the logits in memory.
type plain struct {
	g        isa
	z        reg.GPVirtual
	c        rowExp
	magic, m Op
	keeps    bool // m and its exponential are no results
	far      farthest
	held     int // how many of the numbers that every vector takes AVX2 has registers for
}

func (p *plain) signature() (name, ins, outs string, doc []string) {
	return "odds", "", "m A, em, sum", []string{"finds the largest logit m of a row, at a, and sums exp(z) " +
		"2^-shift without it; exp(m) 2^-shift is em."}
}

func (p *plain) are() string { return "" }

func (p *plain) load(z reg.GPVirtual) { p.z = z }

func (p *plain) get(i reg.GPVirtual, v int, m *mask) reg.VecVirtual { return p.g.get(p.z, i, v, m) }

func (p *plain) unit(reg.VecVirtual) {}

func (p *plain) bound() float64 { return p.g.rowBound() }

func (p *plain) prepare(top reg.VecVirtual, _ reg.GPVirtual) {
	p.c = p.g.rowExp(p.g.hold)
	p.around(top, func() {
		p.g.result(top, "m")
		doubleResult(p.ofTop(), "em")
	})
}

// around readies the exponentials of a row, and emits results where the largest logit top is one.
func (p *plain) around(top reg.VecVirtual, results func()) {
	g := p.g
	p.magic, p.m = g.park(g.rowShift(p.c.expConsts, top)), g.park(top)
	if !p.keeps {
		results()
	}
	if !g.avx512 {
		p.c.hold(g, p.held, &p.magic)
	}
}

// ofTop returns exp(m) 2^-shift in float64.
func (p *plain) ofTop() reg.VecVirtual { return p.g.wideExpInRow(p.c, p.g.loaded(p.m), p.magic) }

func (p *plain) largest() (m, em reg.VecVirtual) { return p.g.wideNumber(p.m), p.ofTop() }

func (p *plain) times(dot, others reg.VecVirtual) {}

func (p *plain) measures() *farthest { return &p.far }

func (p *plain) farthest() float64 { return p.g.mostInRow() }

func (p *plain) exp(i reg.GPVirtual, v int, m *mask) (e reg.VecVirtual, less func() reg.VecVirtual) {
	x, e := p.get(i, v, m), p.g.vec()
	p.far.take(p.g, p.g.expInRow(p.c, x, p.magic, e), m)
	return e, func() reg.VecVirtual {
		p.g.sub(p.m, x, x) // beyond the tail's lanes it is -m, and the label 0
		return x
	}
}

// rowShift returns the magic number that makes [isa.expInRow] divide by the power of two next to
// exp(top): plus the integer next to top log2 e.
func (g isa) rowShift(c expConsts, top reg.VecVirtual) (magic reg.VecVirtual) {
	magic = g.vec()
	shift := g.vec()
	g.load(c.magic, magic)
	g.move(magic, shift)
	g.madd(c.log2e, top, shift)
	g.sub(magic, shift, shift)
	g.add(shift, magic, magic)
	return magic
}

// lessProduct emits t, magic less x log2 e, and the reduced x.
func (g isa) lessProduct(c expConsts, x reg.VecVirtual, magic Op) (t, r reg.VecVirtual) {
	n := g.vec()
	t, r = g.vec(), g.vec()
	g.load(magic, t)
	g.nmadd(c.log2e, x, t)
	g.sub(magic, t, n)
	g.move(x, r)
	g.madd(c.ln2hi, n, r)
	g.madd(c.ln2lo, n, r)
	return t, r
}

// overNormalPower divides e by 2^n, with n in the low bits of t. All are normal numbers.
func (g isa) overNormalPower(t, e reg.VecVirtual) {
	power := g.vec()
	if g.f64 {
		VPSLLQ(Imm(52), t, power)
		VPSUBQ(power, e, e)
		return
	}
	VPSLLD(Imm(23), t, power)
	VPSUBD(power, e, e)
}
