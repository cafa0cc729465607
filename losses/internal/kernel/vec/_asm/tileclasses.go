package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What tiles of cross entropy do for the classes of an index.

// classSums emits labelSums of the one-hot labels of classes. Unless the logits are prepared,
// column returns them as they are, and the maxima less themselves are 0; a second one of a row
// counts as the first.
func (x *tileRows) classSums(exp func(off reg.GPVirtual, i int) reg.VecVirtual,
	column func(off reg.GPVirtual, i int) (z reg.VecVirtual, first mask), prepared bool) (s crossEntropySums) {
	g := x.g
	hot, v := x.hot(), g.zeros(2)
	own, dot := v[0], v[1]
	s.r = g.compensated()
	g.pairSums(x.k, x.lanes, []running{s.r}, exp, func(off reg.GPVirtual, i int) ([]reg.VecVirtual, mask) {
		d, first := column(off, i)
		is := hot(off, i)
		g.blend(is, d, dot)
		if prepared {
			g.blend(g.maskAnd(is, first), g.constant(1), own)
		}
		return nil, first
	}, prepared)
	if !prepared {
		g.sub(x.most, dot, dot)
		g.keep(g.cmp(eqOQ, own, dot), g.loaded(g.constant(1)), own)
	}
	others := g.vec()
	g.other(own, others)
	s.others, s.own, s.dot = running{others, g.zeros(1)[0]}, own, running{sum: dot}
	return s
}

// hot returns what emits the rows whose class column i behind the one at off is.
func (x *tileRows) hot() func(off reg.GPVirtual, i int) mask {
	g, class, numbers := x.g, x.g.classes(x.index, 0), GP64()
	LEAQ(x.g.firstNumbers(), numbers)
	if !g.avx512 {
		return func(off reg.GPVirtual, i int) mask { return g.cmp(eqOQ, nth(numbers, off, i, g), class) }
	}
	return func(off reg.GPVirtual, i int) mask {
		at := GP64()
		MOVQ(off, at)
		SHRQ(Imm(uint64(log2(g.lanes()))), at)
		number := Mem{Base: numbers, Index: at, Scale: 1, Disp: i * g.floatSize()}
		k := K()
		g.pick(VCMPPS_BCST, VCMPPD_BCST, Imm(eqOQ), number, class, k)
		return mask{op: k}
	}
}

// mostColumns is how many a tile may have.
const mostColumns = 64

// firstNumbers returns memory with 0, 1, 2 and so on, for the columns of a tile: with AVX2, which
// takes no single number for all lanes, each fills a vector.
func (g isa) firstNumbers() Mem {
	name, each := "firstNumbers"+g.suffix(), 1
	if m, ok := constants[name]; ok {
		return m
	}
	if !g.avx512 {
		each = g.lanes()
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range mostColumns * each {
		if x := float64(i / each); g.f64 {
			DATA(8*i, U64(math.Float64bits(x)))
		} else {
			DATA(4*i, U32(math.Float32bits(float32(x))))
		}
	}
	constants[name] = m
	return m
}

// classGradients emits columnGradients for the one-hot labels of classes.
func (x *tileRows) classGradients(y crossEntropyResults, top reg.VecVirtual) {
	g, hot, none := x.g, x.hot(), x.g.vec()
	g.mul(g.constant(0), y.f, none)
	g.columns(x.k, func(off reg.GPVirtual) {
		v, lab := g.loaded(col(x.e, off)), g.vec()
		g.move(none, lab)
		g.blend(hot(off, 0), y.f, lab)
		most := g.cmp(eqOQ, top, v)
		g.combined(v, lab, y.coef, y.low)
		g.blend(most, y.q, v)
		g.store(v, col(x.e, off))
	})
}
