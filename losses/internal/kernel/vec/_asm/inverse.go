package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// inverse emits 1/x for normal x and 1/x; with AVX-512 by two steps from a short one, as the
// divider has enough to do.
func (g isa) inverse(x reg.VecVirtual) (y reg.VecVirtual) {
	y = g.vec()
	one := g.constant(1)
	if !g.avx512 {
		g.load(one, y)
		g.div(x, y, y)
		return y
	}
	rest := g.vec()
	g.pick(VRCP14PS, VRCP14PD, x, y)
	g.load(one, rest)
	g.nmadd(x, y, rest)
	if !g.f64 {
		g.madd(y, rest, y)
		return y
	}
	g.horner(rest, rest, rest) // of the third order
	g.madd(y, rest, y)
	g.load(one, rest)
	g.nmadd(x, y, rest)
	g.madd(y, rest, y)
	return y
}

// inverseOf emits 1/(x + low) for float32.
func (g isa) inverseOf(x, low reg.VecVirtual) (y reg.VecVirtual) {
	y = g.roughInverse(x)
	rest := g.vec()
	g.load(g.constant(1), rest)
	g.nmadd(x, y, rest)
	g.nmadd(low, y, rest)
	g.madd(y, rest, y)
	return y
}

// roughInverse emits 1/x of float32, with AVX-512 to 14 bits.
func (g isa) roughInverse(x reg.VecVirtual) (y reg.VecVirtual) {
	if !g.avx512 {
		return g.inverse(x)
	}
	y = g.vec()
	VRCP14PS(x, y)
	emitted()
	return y
}

// quotient emits e/(x + low) for float32, rounded once, by an inverse of x that need not be exact.
func (g isa) quotient(e, inverse, x, low reg.VecVirtual) (y reg.VecVirtual) {
	rest := g.vec()
	y = g.vec()
	g.mul(e, inverse, y)
	g.move(e, rest)
	g.nmadd(x, y, rest)
	g.nmadd(low, y, rest)
	g.madd(inverse, rest, y)
	return y
}

// inverseOfSum emits 1/(1+e) for sum = 1+e, with what rounding took from that for float32.
func (g isa) inverseOfSum(sum, e reg.VecVirtual) reg.VecVirtual {
	if g.f64 {
		return g.inverse(sum)
	}
	return g.inverseOf(sum, g.lostOfSum(sum, g.constant(1), e))
}

// inversePair emits 1/(1+e) of a question for sum = 1+e, and what that has lost, with AVX-512.
func (g isa) inversePair(sum reg.VecVirtual, q question) (p, low reg.VecVirtual) {
	lost, y, rest := g.lostOfSum(sum, g.constant(1), q.e), g.vec(), g.vec()
	g.add(q.eLow, lost, lost)
	VRCP14PS(sum, y)
	emitted()
	g.load(g.constant(1), rest)
	g.nmadd(sum, y, rest)
	g.nmadd(lost, y, rest)
	g.mul(y, rest, rest)
	p, low = g.vec(), g.vec()
	g.add(rest, y, p)
	g.sub(y, p, low)
	g.sub(low, rest, low)
	return p, low
}

// lostOfSum emits what rounding took from sum = larger + smaller.
func (g isa) lostOfSum(sum reg.VecVirtual, larger, smaller Op) reg.VecVirtual {
	lost := g.vec()
	g.sub(larger, sum, lost)
	g.sub(lost, smaller, lost)
	return lost
}

// shortInverse emits 1/x to 4e-9, with AVX-512.
func (g isa) shortInverse(x reg.VecVirtual) reg.VecVirtual {
	y, rest := g.vec(), g.vec()
	VRCP14PD(x, y)
	g.load(g.constant(1), rest)
	g.nmadd(x, y, rest)
	g.madd(y, rest, y)
	return y
}
