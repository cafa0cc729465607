package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The Jensen-Shannon divergence, of predictions p from their mean m.

// divergenceNear is where log p - log m is so small that a series is taken.
const divergenceNear = 1. / 8

// divergenceSeries are those of ((d-1) exp(d) + 1)/d² for |d| < 1/8, highest degree first:
// (n-1)/n!.
var divergenceSeries = []float64{11. / 479001600, 10. / 39916800, 9. / 3628800, 8. / 362880, 7. / 40320, 6. / 5040,
	5. / 720, 4. / 120, 3. / 24, 2. / 6, 1. / 2}

func (g isa) divergence() {
	g.text("divergence", "func(h, d, p, l, m, minus *A, n int)",
		"stores d = l + minus and h = p d - (p - m), and where d is small m (1 + (d - 1) exp(d)).")
	h, d, p, l := g.param("h"), g.param("d"), g.param("p"), g.param("l")
	m, minus, n := g.param("m"), g.param("minus"), g.param("n")
	c, abs, near := g.constants(divergenceSeries), g.abs(), g.constant(divergenceNear)
	if g.short {
		c = c[4:]
	}
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

// eachRow emits body for n rows of k elements, of which it advances the pointers p, and numbers
// that have one a row.
func (g isa) eachRow(k, n reg.GPVirtual, p, numbers []reg.GPVirtual, body func()) {
	row := label("row")
	Label(row)
	body()
	g.nextRow(k, p...)
	for _, p := range numbers {
		ADDQ(Imm(uint64(g.floatSize())), p)
	}
	DECQ(n)
	JNE(LabelRef(row))
}

// nextRow advances pointers to rows of k elements.
func (g isa) nextRow(k reg.GPVirtual, p ...reg.GPVirtual) {
	for _, p := range p {
		LEAQ(Mem{Base: p, Index: k, Scale: uint8(g.size())}, p)
	}
}

// rowSums adds up short rows W at once, by the additions of one that is alone.
func (g isa) rowSums() {
	const short = 16
	g.text("rowSums", "func(dst *A, x *T, k, n int)", "stores the sums of n rows of k elements in dst.")
	dst, x, k, n := g.param("dst"), g.param("x"), g.param("k"), g.param("n")
	several, fewer, alone, none := label("several"), label("fewer"), label("alone"), label("none")
	CMPQ(k, Imm(short))
	JGE(LabelRef(alone))
	parts := g.masksOf(k, short/g.lanes())
	Label(several)
	SUBQ(Imm(uint64(g.lanes())), n)
	JLT(LabelRef(fewer))
	rows := make([]reg.VecVirtual, g.lanes())
	for i := range rows {
		for v, m := range parts {
			part := g.vec()
			if g.loadTail(Mem{Base: x, Disp: v * g.bytes()}, m, part); v == 0 {
				rows[i] = part
			} else {
				g.add(part, rows[i], rows[i])
			}
		}
		g.nextRow(k, x)
	}
	g.store(g.totals(rows), Mem{Base: dst})
	ADDQ(Imm(uint64(g.column())), dst)
	JMP(LabelRef(several))
	Label(fewer)
	ADDQ(Imm(uint64(g.lanes())), n)
	JEQ(LabelRef(none))
	Label(alone)
	g.eachRow(k, n, []reg.GPVirtual{x}, []reg.GPVirtual{dst}, func() {
		sum := g.zeros(4)
		g.loop(k, 4, func(i reg.GPVirtual, v int, m *mask) { g.add(g.get(x, i, v, m), sum[v], sum[v]) })
		g.pick(VMOVSS, VMOVSD, g.total(sum).AsX(), Mem{Base: dst})
	})
	Label(none)
	g.ret()
}

func (g isa) weightedRowSums() {
	g.text("weightedRowSums", "func(dst *A, x *T, w *float64, k, n int)",
		"stores the sums of n rows of k elements, times w, in dst.")
	dst, x, w, k := g.param("dst"), g.param("x"), g.param("w"), g.param("k")
	g.eachRow(k, g.param("n"), []reg.GPVirtual{x}, []reg.GPVirtual{dst}, func() {
		sum := g.zeros(4)
		g.loop(k, 4, func(i reg.GPVirtual, v int, m *mask) {
			g.madd(g.getFloat64(w, i, v, m), g.get(x, i, v, m), sum[v])
		})
		g.pick(VMOVSS, VMOVSD, g.total(sum).AsX(), Mem{Base: dst})
	})
	g.ret()
}

// centredRows takes d - mean of a class of p > 1/2, where it may be small, from what the d of the
// others differ from its own.
func (g isa) centredRows() {
	g.text("centredRows", "func(dst *T, p, d, mean, f *A, k, n int)",
		"stores f p (d - mean) in dst, of n rows of k elements with a mean and an f each, the mean that of d by p.")
	dst, p, d, mean, f, k := g.param("dst"), g.param("p"), g.param("d"), g.param("mean"), g.param("f"), g.param("k")
	half, double := g.hold(0.5), g
	double.narrow = false
	double.eachRow(k, g.param("n"), []reg.GPVirtual{p, d}, []reg.GPVirtual{mean, f}, func() {
		factor, from := g.vec(), g.vec()
		g.bcast(Mem{Base: f}, factor)
		g.bcast(Mem{Base: mean}, from)
		at := double.ofSureClass(p, d, k, half, from)
		g.loop(k, 4, func(i reg.GPVirtual, v int, m *mask) {
			x, y := g.getFloat64(p, i, v, m), g.getFloat64(d, i, v, m)
			g.sub(from, y, y)
			g.blend(g.cmp(gtOQ, half, x), at, y)
			g.mul(y, x, x)
			g.mul(factor, x, x)
			g.put(x, dst, i, v, m)
		})
		g.nextRow(k, dst)
	})
	g.ret()
}

// ofSureClass returns d - mean of a class of p > 1/2, -Σ p (d - its d).
func (g isa) ofSureClass(p, d, k reg.GPVirtual, half Op, mean reg.VecVirtual) reg.VecVirtual {
	top, at, sure, unsure := g.zeros(1), g.zeros(1)[0], g.noLanes(), label("unsure")
	g.loop(k, 2, func(i reg.GPVirtual, v int, m *mask) {
		above := g.cmp(gtOQ, half, g.get(p, i, v, m))
		g.addWhere(above, g.get(d, i, v, m), top[0])
		g.orInto(above, sure)
	})
	bits := g.maskBits(sure)
	TESTL(bits, bits)
	JEQ(LabelRef(unsure))
	own, less := g.vec(), g.zeros(2)
	g.bcast(g.total(top), own)
	g.loop(k, 2, func(i reg.GPVirtual, v int, m *mask) {
		y := g.get(d, i, v, m)
		g.sub(own, y, y)
		g.madd(g.get(p, i, v, m), y, less[v])
	})
	g.bcast(g.total(less), own)
	g.sub(mean, mean, at) // NaN for NaN
	g.sub(own, at, at)
	Label(unsure)
	return at
}
