package main

import (
	"math"

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

// entmaxSingles are the question Entmax15 in float32, with AVX-512.
var entmaxSingles = []sigmoidLoss{
	{name: "sigmoidEntmaxShares",
		doc:     "The loss is the question Entmax15 of a no that is nil; its sign is set where a label is too near to p.",
		prepare: byLikelihood(entmaxSingle(true)), logs: none, ways: 2, size: true},
	{name: "sigmoidEntmaxMasses",
		doc:     "The loss is the question Entmax15 of a no that is not nil; its sign is set where a label is too near to p.",
		prepare: byLikelihood(entmaxSingle(false)), logs: none, ways: 2, size: true, given: true},
}

// entmaxSingle is entmaxQuestion in float32, with 2√p, 4p and four times the labels. The other
// class's p is two numbers, and so is what a label has beyond it, which may be little; where it is
// so little that digits count which those have lost, at most 2^-18 √p, it sets the sign of the
// loss. shares says that the labels sum to 1, that of no before it was rounded.
func entmaxSingle(shares bool) func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(g isa, _ questionConsts, _ reg.GPVirtual) questionLoss {
		return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
			gap, excess := g.apart(q, 2)
			top, root := g.entmaxRoots(gap)
			rest, low := g.product(root.sum, root.sum)
			g.add(root.lost, root.lost, root.lost)
			g.madd(root.sum, root.lost, low)
			far := g.atLeast(0x1p-100, root.sum) // to divide by

			beyond := func(x, off reg.VecVirtual) (d running) { // what 4t and 4 off are beyond 4p
				p := g.vec()
				g.move(rest, p)
				x, lost := g.difference(x, p)
				g.sub(low, lost, lost)
				if off != nil {
					g.madd(g.constant(4), off, lost)
				}
				d = running{g.vec(), g.vec()}
				g.add(lost, x, d.sum)
				g.sub(d.sum, x, x)
				g.add(lost, x, d.lost)
				return d
			}
			t, u := labels()
			off := g.vec()
			var near, other running // of the likely class 4p less 4t
			if shares {
				g.other(u, off)
				g.sub(t, off, off)
				near = beyond(g.four(u), off)
				other = near
			} else {
				c := g.vec()
				g.other(t, c)
				g.other(c, off)
				g.sub(t, off, off)
				near, other = beyond(g.four(g.complementBy(c, u)), off), beyond(g.four(u), nil)
			}
			declined := g.near(root.sum, near, other)
			q.decline(declined)
			t, u = g.four(t), g.four(u)
			loss, slope = g.vec(), g.vec()
			x, by, lost := g.entmaxShort(other, u, far)
			y, byTop, off := g.entmaxShort(near, t, top)
			g.mul(lost, by, loss)
			g.madd(off, byTop, loss)
			g.add(loss, loss, loss)
			g.madd(x, by, loss)
			g.madd(y, byTop, loss)
			const twelfth = 1. / 12
			sum := loss
			loss = g.vec()
			g.mul(g.constant(twelfth-float64(float32(twelfth))), sum, loss)
			g.madd(g.constant(twelfth), sum, loss)
			g.mul(g.constant(-0.5), excess, excess)
			g.subLabelled(excess, u, loss)
			g.mul(g.constant(-0.25), near.sum, slope)
			VORPS_BCST(g.constant(math.Copysign(0, -1)), loss, declined.op, loss)
			emitted()
			return loss, slope
		}
	}
}

// near sets a mask where the size of a 4d, of either class, is less than 2^-17 root.
func (g isa) near(root reg.VecVirtual, likely, other running) mask {
	least, most := g.vec(), g.vec()
	g.and(g.abs(), likely.sum, least)
	if other != likely {
		off := g.vec()
		g.and(g.abs(), other.sum, off)
		g.min(off, least, least)
	}
	g.mul(g.constant(0x1p-17), root, most)
	return g.cmp(ltOQ, most, least)
}

// four emits 4t.
func (g isa) four(t reg.VecVirtual) reg.VecVirtual {
	x := g.vec()
	g.mul(g.constant(4), t, x)
	return x
}

// entmaxRoots emits √(2-g²) + g and √(2-g²) - g, which is two numbers.
func (g isa) entmaxRoots(gap reg.VecVirtual) (sum reg.VecVirtual, difference running) {
	square, lost := g.product(gap, gap)
	two, x, low, half := g.constant(2), g.vec(), g.vec(), g.vec()
	g.load(two, x)
	g.sub(square, x, x)
	g.load(two, low)
	g.sub(x, low, low)
	g.sub(square, low, low)
	g.sub(lost, low, low)
	VRSQRT14PS(x, half)
	emitted()
	root := g.rootSteps(x, half)
	g.nmadd(root, root, x)
	g.add(x, low, low)
	g.mul(half, low, low) // what the root has lost
	sum = g.vec()
	g.add(gap, root, sum)
	less := g.vec()
	g.sub(gap, root, less)
	g.sub(less, root, root)
	g.sub(gap, root, root)
	g.add(root, low, low)
	difference = running{g.vec(), g.vec()}
	g.add(low, less, difference.sum)
	g.sub(difference.sum, less, less)
	g.add(low, less, difference.lost)
	inside := g.cmp(ngeUQ, g.constant(1), gap) // the root of 1 is rounded, too
	g.keep(inside, difference.sum, difference.sum)
	return sum, difference
}

// entmaxShort emits x = d/s, what that has lost, and x (s + √t), s = √t + root. It overwrites root.
func (g isa) entmaxShort(d running, t, root reg.VecVirtual) (x, by, lost reg.VecVirtual) {
	r, s, larger, smaller := g.vec(), g.vec(), g.vec(), g.vec()
	VSQRTPS(t, r)
	emitted()
	g.add(root, r, s)
	g.max(root, r, larger)
	g.min(root, r, smaller)
	low := g.lostOfSum(s, larger, smaller)
	inverse := g.inverse(s)
	x, lost = g.vec(), g.vec()
	g.mul(inverse, d.sum, x)
	g.move(d.sum, lost)
	g.nmadd(s, x, lost)
	g.nmadd(low, x, lost)
	g.add(d.lost, lost, lost)
	g.mul(inverse, lost, lost)
	g.madd(g.constant(2), r, root)
	g.mul(x, root, root)
	return x, root, lost
}

// negateAll changes the sign of x.
func (g isa) negateAll(x reg.VecVirtual) {
	zero := g.zeros(1)[0]
	g.sub(x, zero, zero)
	g.move(zero, x)
}
