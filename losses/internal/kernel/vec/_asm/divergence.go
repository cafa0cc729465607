package main

import (
	"math"

	"github.com/mmcloughlin/avo/reg"
)

// The Jensen-Shannon divergence, of predictions p from their mean m.

// divergenceNear is where log p - log m is so small that a series is taken.
const divergenceNear = 1. / 8

// divergenceSeries are those of ((d-1) exp(d) + 1)/d² for |d| < 1/8, highest degree first: (n-1)/n!.
var divergenceSeries = []float64{11. / 479001600, 10. / 39916800, 9. / 3628800, 8. / 362880, 7. / 40320, 6. / 5040,
	5. / 720, 4. / 120, 3. / 24, 2. / 6, 1. / 2}

func (g isa) divergence() {
	g.text("divergence", "func(h, d, p, l, m, minus *A, n int)",
		"stores d = l + minus and h = p d - (p - m), and where d is small m (1 + (d - 1) exp(d)).")
	h, d, p, l := g.param("h"), g.param("d"), g.param("p"), g.param("l")
	m, minus, n := g.param("m"), g.param("minus"), g.param("n")
	c, abs, near := g.constants(divergenceSeries), g.abs(), g.constant(divergenceNear)
	least := g.constant(-math.MaxFloat64)
	g.loop(n, 2, func(i reg.GPVirtual, v int, k *mask) {
		x, q, mean := g.get(l, i, v, k), g.get(p, i, v, k), g.get(m, i, v, k)
		bound, size, series := g.vec(), g.vec(), g.vec()
		g.load(least, bound)
		g.max(x, bound, x) // NaN for NaN
		g.add(g.get(minus, i, v, k), x, x)
		g.put(x, d, i, v, k)
		g.load(c[0], series)
		for _, c := range c[1:] {
			g.horner(c, x, series)
		}
		g.mul(x, series, series)
		g.mul(x, series, series)
		g.mul(mean, series, series)
		g.sub(mean, q, mean) // p - m
		g.msub(mean, x, q)
		g.load(abs, size)
		g.and(size, x, size)
		g.blend(g.cmp(ltOQ, near, size), series, q)
		g.put(q, h, i, v, k)
	})
	g.ret()
}
