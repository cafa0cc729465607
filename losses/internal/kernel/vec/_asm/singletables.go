package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// singleTables are the numbers of exponentials and logarithms of float32 elements, with AVX-512,
// which looks up 16 numbers in one instruction:
//
//	exp(x) = 2^n (1 + r + …),  r = x - n log 2,  |r| <= log(2)/32, for multiples n of 1/16
//	log1p(e) = log(1/a_i) + r Q(r),  r = a_i (1+e) - 1,  |r| <= 1/29
//
// for the a_i near 1/(1 + i/15) next to which the logarithm is almost a number of float32.
type singleTables struct {
	powers Mem
	lost   Mem  // what float32 has lost of powers, for what has to be exact
	exp    []Op // highest degree first
	singleLogs
}

func (g isa) singleTables(exact bool) (c singleTables) {
	c.powers = g.sixteen("singlePowers", sixteenthPower)
	c.exp = g.constants([]float64{0.166668621646, 0.500009774918, 1}) // to 5e-9
	log := []float64{-0.250148732064, 0.333511806123, -0.5, 1}        // to 8e-8
	if exact {
		c.lost = g.sixteen("singlePowersLost", lost32(sixteenthPower))
		log = []float64{0.20017000338, -0.250198331541, 0.333333308062, -0.499999970518, 1} // to 1e-9
	}
	c.singleLogs = g.singleLogs(log)
	return c
}

// singleLogs are the numbers of log1p.
type singleLogs struct {
	inverse, first, steps Mem
	q                     []Op // highest degree first
}

func (g isa) singleLogs(q []float64) (c singleLogs) {
	const steps = 15
	near := func(i float64) float64 {
		best, least := 1., math.Inf(1)
		x := float32(steps / (steps + i))
		for range 400 {
			l := math.Log(float64(x))
			if off := math.Abs(float64(float32(l)) - l); i > 0 && off < least {
				best, least = float64(x), off
			}
			x = math.Nextafter32(x, 1)
		}
		return best
	}
	c.inverse = g.sixteen("singleInverses", near)
	c.first = g.sixteen("singleLogs", func(i float64) float64 { return -math.Log(near(i)) })
	c.steps, c.q = g.constant(steps), g.constants(q)
	return c
}

func sixteenthPower(i float64) float64 { return math.Exp2(i / 16) }

// lost32 is what float32 loses of f.
func lost32(f func(i float64) float64) func(i float64) float64 {
	return func(i float64) float64 { return f(i) - float64(float32(f(i))) }
}

// raised are the tables of exponentials that are 2^pieceRaise times as large.
func (g isa) raised(c singleTables) singleTables {
	power := func(i float64) float64 { return math.Ldexp(sixteenthPower(i), pieceRaise) }
	c.powers, c.lost = g.sixteen("raisedPowers", power), g.sixteen("raisedPowersLost", lost32(power))
	return c
}

// sixteen returns f(0), f(1), … in memory.
func (g isa) sixteen(name string, f func(i float64) float64) Mem { return g.floats(name, 16, f) }

// floats is sixteen for n of them.
func (g isa) floats(name string, n int, f func(i float64) float64) Mem {
	m, ok := constants[name]
	if !ok {
		m = GLOBL(name, attr.RODATA|attr.NOPTR)
		for i := range n {
			DATA(4*i, U32(uint32(constBits(false, f(float64(i))))))
		}
		constants[name] = m
	}
	return m
}

// expSingle emits exp(x + low) for a small low, or none. It overwrites x.
func (g isa) expSingle(c singleTables, x, low reg.VecVirtual) (e reg.VecVirtual) {
	e, rest, n := g.singleParts(c, x, low)
	if rest != nil {
		g.add(rest, e, e)
	}
	g.pick(VSCALEFPS, nil, n, e, e)
	return e
}

// expPair emits e = exp(x + low), as expSingle does, and what that has lost. It overwrites x.
func (g isa) expPair(c singleTables, x, low reg.VecVirtual) (e, lost reg.VecVirtual) {
	power, rest, n := g.singleParts(c, x, low)
	e, lost = g.vec(), g.vec()
	g.add(rest, power, e)
	g.sub(power, e, lost)
	g.sub(lost, rest, lost)
	g.pick(VSCALEFPS, nil, n, e, e)
	g.pick(VSCALEFPS, nil, n, lost, lost)
	return e, lost
}

// singleParts emits the power of 2^(1/16) next to exp(x + low) 2^-n, for a small low or none, and
// what is left beside it, nil where that is in the power. It overwrites x.
func (g isa) singleParts(c singleTables, x, low reg.VecVirtual) (power, rest, n reg.VecVirtual) {
	magic := g.constant(0x1.8p23 / 16)
	index, q := g.vec(), g.vec()
	power, n = g.vec(), g.vec()
	g.load(magic, index)
	g.madd(g.constant(math.Log2E), x, index)
	g.sub(magic, index, n)
	g.nmadd(g.constant(g.log2High()), n, x)
	g.nmadd(g.constant(log2Low32), n, x)
	if low != nil {
		g.add(low, x, x)
	}
	VPERMPS(c.powers, index, power)
	emitted()
	g.load(c.exp[0], q)
	for _, k := range c.exp[1:] {
		g.horner(k, x, q)
	}
	g.mul(power, x, x)
	if c.lost.Symbol.Name == "" {
		g.madd(x, q, power)
		return power, nil, n
	}
	VPERMPS(c.lost, index, index)
	emitted()
	g.madd(x, q, index)
	return power, index, n
}

// singleLog1p emits log1p(e + low) for 0 <= e <= 1 and a small low, or none.
func (g isa) singleLog1p(c singleLogs, e, low reg.VecVirtual) (l reg.VecVirtual) {
	l = g.vec()
	inverse, r, q := g.vec(), g.vec(), g.vec()
	g.load(g.magic(), l)
	g.madd(c.steps, e, l)
	VPERMPS(c.inverse, l, inverse)
	emitted()
	VPERMPS(c.first, l, l)
	emitted()
	g.sub(g.constant(1), inverse, r)
	g.madd(inverse, e, r)
	if low != nil {
		g.madd(inverse, low, r)
	}
	g.load(c.q[0], q)
	for _, k := range c.q[1:] {
		g.horner(k, r, q)
	}
	g.madd(r, q, l)
	return l
}
