package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The losses of sparse maps. With x = (z - M)/n, n being 1 for sparsemax and 2 for entmax, it is
//
//	p = max(g, 0)^n,   g = (one + x) + shift
//
// where one is 1 and shift 1 - g of the maximum with its sign changed; but where no p is near 1 one is
// 0 and shift the g of the maximum, so that small g lose no digits. The same code is for tiles, with a
// row in each lane, and for one row in all lanes.

// sparse is what the parts of a kernel share.
type sparse struct {
	isa
	n     int
	hot   bool                                                 // the labels are a 1 and zeros
	total func(v reg.VecVirtual) reg.VecVirtual                // the sum of a row's lanes, in all of them
	near  func(body func(x reg.VecVirtual))                    // x of all classes that may have a p, but the maxima
	each  func(body func(z, t reg.VecVirtual, put func(d Op))) // all classes; put stores the gradient
	zero  reg.VecVirtual

	top, ties  Op // M, and how many maxima there are beside one
	start      Op // of shift, as large as it can be
	factor     Op // of the gradient
	one, shift Op
	most       reg.VecVirtual // M in a lane, as an element
}

// mostSteps is after how many steps [sparse.search] gives up.
const mostSteps = 32

// beyond turns z into x.
func (s *sparse) beyond(z reg.VecVirtual) {
	s.sub(s.top, z, z)
	if s.n == 2 {
		s.mul(s.constant(0.5), z, z)
	}
}

// search emits one and shift; rejected are the rows where it has not found them. A step is as long as
// it takes to make Σ p = 1 if no class gains or loses its p, and the last one where that is so:
//
//	n = 1:  E/N,   n = 2:  E/(A + √(A² - N E)),   E = Σ p - 1, A = Σ g, N the number of g > 0
func (s *sparse) search() (rejected mask) {
	one, shift, last, steps, next, done := s.vec(), s.vec(), s.vec(), GP64(), label("step"), label("found")
	s.load(s.constant(1), one)
	s.load(s.top, shift)
	s.sub(shift, shift, shift) // NaN for a maximum that is not finite
	s.add(s.start, shift, shift)
	s.load(s.constant(-1), last)
	rejected = s.allLanes()
	MOVQ(I64(mostSteps), steps)
	Label(next)
	sums := s.zeros(3)
	number, sum, excess := sums[0], sums[1], sums[2]
	s.near(func(g reg.VecVirtual) {
		s.add(one, g, g)
		s.add(shift, g, g)
		s.addWhere(s.cmp(gtOQ, s.zero, g), s.constant(1), number)
		s.max(g, s.zero, g)
		s.add(g, sum, sum)
		if s.n == 2 {
			s.madd(g, g, excess)
		}
	})
	number, sum = s.total(number), s.total(sum)
	top, lacks := s.vec(), s.vec() // g of the maximum; 1 - one
	s.add(one, shift, top)
	s.isa.other(one, lacks)
	s.add(s.ties, number, number)
	s.madd(s.ties, top, sum)
	if s.n == 1 {
		excess = sum
		s.add(shift, excess, excess)
		s.sub(lacks, excess, excess)
		sum = s.vec()
		s.add(s.constant(1), number, sum)
	} else {
		excess = s.total(excess)
		x := s.vec()
		s.mul(top, top, x)
		s.madd(s.ties, x, excess)
		s.add(one, one, x)
		s.add(shift, x, x)
		s.madd(shift, x, excess) // of the maximum p - one² = shift (2 one + shift)
		s.sub(lacks, excess, excess)
		s.add(top, sum, sum)
		s.add(s.constant(1), number, x)
		s.mul(excess, x, x)
		s.msub2(sum, sum, x)
		s.blend(s.cmp(ltOQ, s.zero, x), s.constant(math.NaN()), number) // some class loses its p
		s.max(x, s.zero, x)
		s.sqrt(x, x)
		s.add(x, sum, sum)
	}
	s.div(sum, excess, excess)
	s.keep(rejected, excess, excess) // a row does not depend on those beside it
	s.sub(excess, shift, shift)
	s.add(one, shift, top)
	flat := s.cmp(ltOQ, s.constant(0.5), top)
	s.blend(flat, top, shift)
	s.drop(flat, one)
	s.keepWhere(rejected, neqUQ, last, number)
	s.move(number, last)
	bits := s.maskBits(rejected)
	TESTL(bits, bits)
	JEQ(LabelRef(done))
	DECQ(steps)
	JNE(LabelRef(next))
	Label(done)
	s.one, s.shift = s.park(one), s.park(shift)
	return rejected
}

// losses emits the loss, and the gradients f (p - t). It adds to those rejected where a label has a sign or the
// loss is not finite. With the labels t the loss is
//
//	n = 1:  Σ d²/2 + Σ t max(-g, 0),   n = 2:  2/3 Σ (d/(√t + √p))² (2√t + √p) + 2 Σ t max(-g, 0)
//
// for d = p - t, which of a maximum alone is (1 - t) - (1 - p).
func (s *sparse) losses(unsettled mask) (loss reg.VecVirtual, rejected reg.GPVirtual) {
	rest := s.rest()
	only := s.vec()
	s.load(s.constant(math.NaN()), only)
	ties := s.loaded(s.ties)
	single := s.parkMask(s.cmp(eqOQ, s.zero, ties))
	s.blend(s.maskOf(single), s.loaded(s.top), only)
	alone := s.park(only)
	sums := s.zeros(4)
	loss, far, own, signs := sums[0], sums[1], sums[2], sums[3]
	s.each(func(z, t reg.VecVirtual, put func(d Op)) {
		if !s.hot {
			s.or(t, signs, signs)
		}
		top := s.cmp(eqOQ, alone, z)
		s.addWhere(top, t, own)
		s.beyond(z)
		s.add(s.one, z, z)
		s.add(s.shift, z, z)
		behind, g, d, least := s.vec(), z, s.vec(), s.vec()
		s.min(g, s.zero, behind)
		labelled := s.cmp(neqUQ, s.constant(0), t)
		s.nmaddWhere(labelled, behind, t, far)
		s.max(g, s.zero, g)
		if s.n == 1 {
			s.sub(t, g, d)
		} else {
			s.move(g, d)
			s.msub(t, g, d)
		}
		s.isa.other(t, least)
		s.sub(rest, least, least)
		x, weight := s.distance(d, t, g, labelled, false)
		s.drop(top, x)
		s.blend(top, least, d)
		s.mul(s.factor, d, d)
		put(d)
		s.addTerm(x, weight, loss)
	})
	loss, far, own = s.total(loss), s.total(far), s.total(own)
	d, g := s.vec(), s.vec()
	s.isa.other(own, d)
	s.sub(rest, d, d)
	s.load(s.one, g)
	s.add(s.shift, g, g)
	x, weight := s.distance(d, own, g, s.cmp(neqUQ, s.constant(0), own), true)
	s.keep(s.maskOf(single), x, x)
	s.addTerm(x, weight, loss)
	if s.n == 1 {
		s.mul(s.constant(0.5), loss, loss)
	} else {
		s.mul(s.constant(2./3), loss, loss)
		s.add(far, far, far)
	}
	s.add(far, loss, loss)
	s.notFinite(loss, unsettled)
	rejected = s.maskBits(unsettled)
	ORL(s.signBits(signs), rejected)
	return loss, rejected
}

// rest emits 1 - p of the maximum.
func (s *sparse) rest() Op {
	rest := s.vec()
	s.isa.other(s.loaded(s.one), rest)
	s.sub(s.shift, rest, rest)
	if s.n == 2 { // δ (2 - δ)
		x := s.vec()
		s.load(s.constant(2), x)
		s.sub(rest, x, x)
		s.mul(x, rest, rest)
	}
	return s.park(rest)
}

// addTerm adds x², times weight for n = 2, to sum. It overwrites x.
func (s *sparse) addTerm(x, weight, sum reg.VecVirtual) {
	if s.n == 1 {
		s.madd(x, x, sum)
		return
	}
	s.mul(x, x, x)
	s.madd(weight, x, sum)
}

// nmaddWhere takes a b from c where m is set.
func (g isa) nmaddWhere(m mask, a, b, c reg.VecVirtual) {
	if g.avx512 {
		g.pick(VFNMADD231PS, VFNMADD231PD, a, b, m.op, c)
		return
	}
	x := g.vec()
	g.keep(m, a, x)
	g.nmadd(x, b, c)
}

// distance emits x = d for n = 1 and else d/(√t + g), with the weight 2√t + g of its square; labelled is where
// t is not 0, and divides says that g may be nearly 1 where t is.
func (s *sparse) distance(d, t, g reg.VecVirtual, labelled mask, divides bool) (x, weight reg.VecVirtual) {
	x = s.vec()
	if s.n == 1 {
		s.move(d, x)
		return x, nil
	}
	root := t
	if !s.hot {
		root = s.labelRoot(t, labelled)
	}
	weight = s.vec()
	s.add(g, root, weight)
	if s.hot && !divides {
		s.sub(root, g, x)
	} else {
		x = s.quotient(d, weight)
	}
	s.add(root, weight, weight)
	return x, weight
}

// labelRoot emits √t of labels, where those are that are not 0; for float32, to 6e-9, with AVX-512, as the
// divider has enough to do.
func (g isa) labelRoot(t reg.VecVirtual, labelled mask) reg.VecVirtual {
	root := g.vec()
	if !g.avx512 {
		g.sqrt(t, root)
		return root
	}
	y, rest, half := g.vec(), g.vec(), g.vec()
	VRSQRT14PD_Z(t, labelled.op, y)
	g.mul(t, y, root)
	g.mul(g.constant(0.5), y, half)
	g.load(g.constant(0.5), rest)
	g.nmadd(root, half, rest)
	g.madd(root, rest, root)
	if g.narrow {
		return root
	}
	g.madd(half, rest, half)
	g.move(t, rest)
	g.nmadd(root, root, rest)
	g.madd(half, rest, root)
	return root
}

// quotient emits x/y for y >= 0, and 0 for x = 0; for float32, to 4e-9, with AVX-512.
func (g isa) quotient(x, y reg.VecVirtual) reg.VecVirtual {
	q := g.vec()
	g.load(g.constant(0x1p-1000), q)
	g.add(y, q, q)
	switch {
	case !g.avx512:
		g.div(q, x, q)
		return q
	case g.narrow:
		q = g.shortInverse(q)
	default:
		q = g.inverse(q)
	}
	g.mul(x, q, q)
	return q
}

func (g isa) sqrt(x, dst Op) { g.pick(VSQRTPS, VSQRTPD, x, dst) }
