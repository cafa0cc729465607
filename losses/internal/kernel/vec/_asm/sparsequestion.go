package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The losses of elements of sparse maps, which take no exponential: see the specification.

// apart emits g = |z|/n up to 1, of which excess is beyond.
func (g isa) apart(q question, n float64) (gap, excess reg.VecVirtual) {
	size, one := g.vec(), g.vec()
	gap, excess = g.vec(), g.zeros(1)[0]
	g.mul(g.constant(-1/n), q.minus, size)
	g.load(g.constant(1), one)
	g.min(size, one, gap)
	g.sub(one, size, size)
	g.max(size, excess, excess)
	return gap, excess
}

// sparsemaxQuestion: with the rest (1-g)/2 the loss is ((1-t-rest)² + (rest-u)²)/2 + u excess.
func sparsemaxQuestion(g isa, c questionConsts, _ reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		rest, excess := g.apart(q, 1)
		half := g.vec()
		g.load(g.constant(0.5), half)
		g.rsub(half, half, rest)
		t, u := labels()
		slope, loss = g.complement(t, u), g.vec()
		g.sub(rest, slope, slope)
		g.sub(u, rest, rest)
		g.mul(rest, rest, loss)
		g.madd(slope, slope, loss)
		g.mul(g.constant(0.5), loss, loss)
		g.madd(g.whereLabelled(excess, u), u, loss)
		g.negateAll(slope)
		return loss, slope
	}
}

// entmaxQuestion: see the specification.
func entmaxQuestion(g isa, c questionConsts, _ reg.GPVirtual) questionLoss {
	if g.looksUp() {
		return g.entmaxByRoots()
	}
	park := g.places(4)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		gap, excess := g.apart(q, 2)
		one := g.constant(1)
		top, root := g.vec(), g.vec()
		g.load(g.constant(2), top)
		g.nmadd(gap, gap, top)
		g.pick(VSQRTPS, VSQRTPD, top, top)
		g.add(gap, top, top) // 2√p
		inverse := g.inverse(top)
		other := g.vec()
		g.load(one, other)
		g.sub(gap, other, other)
		g.add(one, gap, gap)
		g.mul(gap, other, root)
		g.mul(inverse, root, root)
		g.mul(g.constant(0.5), top, top)
		keptTop, keptRoot, keptExcess := park(0, top), park(1, root), park(2, excess)
		rest := g.vec()
		g.mul(root, root, rest)
		t, u := labels()
		d := g.complement(t, u)
		g.sub(rest, d, d)
		g.sub(u, rest, rest)
		keptD := park(3, d)
		loss = g.entmaxTerm(rest, u, keptRoot)
		x := g.vec()
		g.load(keptExcess, x)
		g.add(x, x, x)
		g.madd(g.whereLabelled(x, u), u, loss)
		d, slope = g.vec(), g.vec()
		g.load(keptD, d)
		g.move(d, slope)
		g.add(g.entmaxTerm(d, t, keptTop), loss, loss)
		g.negateAll(slope)
		return loss, slope
	}
}

// entmaxTerm emits 2/3 (d/s)² (s + √t), s = √t + root, which may be 0, and d with it. It overwrites
// d.
func (g isa) entmaxTerm(d, t reg.VecVirtual, root Op) reg.VecVirtual {
	r, s, x := g.vec(), g.vec(), g.vec()
	g.pick(VSQRTPS, VSQRTPD, t, r)
	g.load(root, s)
	g.add(r, s, s)
	g.load(g.constant(0x1p-1000), x)
	g.add(s, x, x)
	g.div(x, d, d)
	g.mul(d, d, d)
	g.add(r, s, s)
	g.mul(d, s, s)
	g.mul(g.constant(2./3), s, s)
	return s
}

// entmaxByRoots is entmaxQuestion for float32 elements: their logits are not so near 2 that √(2-g²)
// - g loses digits that count.
func (g isa) entmaxByRoots() questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		gap, excess := g.apart(q, 2)
		top, root, rest, inverse := g.vec(), g.vec(), g.vec(), g.vec()
		g.load(g.constant(2), root)
		g.nmadd(gap, gap, root)
		g.pick(nil, VRSQRT14PD, root, inverse)
		root = g.rootOf(root, inverse)
		g.add(gap, root, top)
		g.sub(gap, root, root)
		g.mul(g.constant(0.5), top, top)
		g.mul(g.constant(0.5), root, root)
		g.keep(g.cmp(ngeUQ, g.constant(1), gap), root, root) // the square root of 1 is rounded, too
		g.mul(root, root, rest)
		t, u := labels()
		slope = g.complement(t, u)
		g.sub(slope, rest, slope)
		g.sub(u, rest, rest)
		loss = g.entmaxShort(slope, t, top)
		g.add(g.entmaxShort(rest, u, root), loss, loss)
		g.mul(g.constant(2./3), loss, loss)
		g.add(excess, excess, excess)
		g.madd(excess, u, loss)
		return loss, slope
	}
}

// entmaxShort emits (d/s)² (s + √t), s = √t + root, which may be 0, and d with it, to 8e-8.
func (g isa) entmaxShort(d, t, root reg.VecVirtual) reg.VecVirtual {
	r, s, x := g.vec(), g.vec(), g.vec()
	short := g.narrowed(t)
	VSQRTPS(short, short)
	emitted()
	VCVTPS2PD(short, r)
	emitted()
	g.add(r, root, s)
	g.add(g.constant(0x1p-300), s, s)
	g.mul(g.shortInverse(s), d, x)
	g.mul(x, x, x)
	g.add(r, s, s)
	g.mul(s, x, x)
	return x
}

// negateAll changes the sign of x.
func (g isa) negateAll(x reg.VecVirtual) {
	zero := g.zeros(1)[0]
	g.sub(x, zero, zero)
	g.move(zero, x)
}
