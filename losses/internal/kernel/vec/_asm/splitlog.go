package main

import (
	"math"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// splitLogs are the numbers of -log u = high + low for u = 2^k m, 3/4 <= m < 3/2, by a number a_i
// near the i/steps next to m:
//
//	high = L_i - k L,  low = -(k (ln 2 - L) + r Q(r)),  r = m/a_i - 1,
//
// with L_i = -log a_i and L multiples of [splitUnit], so that high is exact: of the many a_i that
// there are, those whose 1/a_i lies next to a number of float32. |r| <= 1/48 for 40 steps, with
// AVX-512, and |r| <= 1/15 for 10.
type splitLogs struct {
	inverse, first table
	steps          logSteps
	q              []Op
}

// splitUnit is what the high part of a splitLog is a multiple of, splitLn2 the one below ln 2, so
// that for u = 0 both parts are +Inf with AVX-512.
const splitUnit = 0x1p-14

var splitLn2 = splitUnit * math.Floor(math.Ln2/splitUnit)

func (g isa) splitLogs() (c splitLogs) {
	steps, q := g.logSteps()
	c.steps, c.q = steps, g.constants(q)
	best := func(i float64) (inverse, log float64) {
		if i == steps.number {
			return 1, 0
		}
		least, middle := math.Inf(1), math.Round(-math.Log(i/steps.number)/splitUnit)
		for j := -64.0; j <= 64; j++ {
			l := (middle + j) * splitUnit
			near := float64(float32(math.Exp(l)))
			if off := math.Abs(math.Log(near) - l); off < least {
				inverse, log, least = near, l, off
			}
		}
		return inverse, log
	}
	c.inverse = g.tableOf("splitInverses", func(i float64) float64 { x, _ := best(steps.at(i)); return x })
	c.first = g.tableOf("splitLogs", func(i float64) float64 { _, l := best(steps.at(i)); return l })
	return c
}

// splitLog emits the parts of -log u: for u = 0 both +Inf, but with AVX2 some numbers, as for what
// is not normal.
func (g isa) splitLog(c splitLogs, u reg.VecVirtual) (high, low reg.VecVirtual) {
	r, k := g.shortSplit(u, true)
	q, inverse := g.vec(), g.vec()
	high, low = g.vec(), g.vec()
	g.load(g.magic(), high)
	g.madd(g.constant(c.steps.number), r, high)
	g.move(high, inverse)
	g.lookup(c.inverse, inverse)
	g.lookup(c.first, high)
	g.msub(g.constant(1), inverse, r)
	g.nmadd(g.constant(splitLn2), k, high)
	g.mul(g.constant(splitLn2-math.Ln2), k, low)
	g.load(c.q[0], q)
	for _, x := range c.q[1:] {
		g.horner(x, r, q)
	}
	g.nmadd(r, q, low)
	return high, low
}
