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
// where one is 1 and shift 1 - g of the maximum with its sign changed; but where no p is near 1 one
// is 0 and shift the g of the maximum, so that small g lose no digits. The same code is for tiles,
// with a row in each lane, and for one row in all lanes.

// sparse is what the parts of a kernel share.
type sparse struct {
	isa
	n       int
	hot     bool                                  // the labels are a 1 and zeros
	part    bool                                  // they are those of some classes
	classes string                                // the parameter that says how many there are
	total   func(v reg.VecVirtual) reg.VecVirtual // the sum of a row's lanes, in all of them
	zero    reg.VecVirtual

	// Loops over all classes that may have a p but the maxima, of which x is given, and over all: put
	// stores the gradient, and keep that by the label in labels, unless that is nil; between is done
	// between blocks of classes.
	near   func(body func(x reg.VecVirtual))
	each   func(body func(z, t reg.VecVirtual, put, keep func(d Op)), between func())
	labels reg.GPVirtual

	top, ties  Op // M, and how many maxima there are beside one
	start      Op // the first shift
	factor     Op // of the gradient
	one, shift Op
	most       reg.VecVirtual // M in a lane, as an element

	at reg.GPVirtual // where a maximum is, of a row

	// Of a maximum alone with a p near 1, where it is known where that is: its label, and what stores
	// its gradient.
	own func() reg.VecVirtual
	put func(d Op)
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

// fromOne turns z into one + x, rounded once.
func (s *sparse) fromOne(z reg.VecVirtual) reg.VecVirtual {
	s.sub(s.top, z, z)
	x := s.vec()
	s.load(s.one, x)
	if s.n == 1 {
		s.add(z, x, x)
	} else {
		s.madd(s.constant(0.5), z, x)
	}
	return x
}

// search emits one and shift; rejected are the rows where it has not found them.
func (s *sparse) search() (rejected mask) {
	steps, next, done := GP64(), label("step"), label("found")
	x := s.begin()
	MOVQ(I64(mostSteps), steps)
	Label(next)
	s.step(x)
	bits := s.maskBits(x.open)
	TESTL(bits, bits)
	JEQ(LabelRef(done))
	DECQ(steps)
	JNE(LabelRef(next))
	Label(done)
	s.end(x)
	return x.open
}

// searched is how far a search has come: one and shift, how many classes had a p before the last
// step, and the rows that are not done.
type searched struct {
	one, shift, number reg.VecVirtual
	open               mask
}

// begin emits a search's beginning.
func (s *sparse) begin() (x searched) {
	x = searched{s.vec(), s.vec(), s.vec(), s.allLanes()}
	s.load(s.constant(1), x.one)
	s.load(s.top, x.shift)
	s.sub(x.shift, x.shift, x.shift) // NaN for a maximum that is not finite
	s.add(s.start, x.shift, x.shift)
	s.load(s.constant(-1), x.number)
	return x
}

// end emits a search's end.
func (s *sparse) end(x searched) {
	if !s.narrow {
		s.refine(x.one, x.shift, x.number)
	}
	s.one, s.shift = s.park(x.one), s.park(x.shift)
}

// step emits a step of a search. It is as long as it takes to make Σ p = 1 if no class gains or
// loses its p, and the last one where that is so:
//
//	n = 1:  E/N,   n = 2:  E/(A + √(A² - N E)),   E = Σ p - 1, A = Σ g, N the number of g > 0
func (s *sparse) step(x searched) {
	one, shift, last, rejected := x.one, x.shift, x.number, x.open
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
}

// refine emits a last step from shift for rows of more than [inBlock] classes with a p beside one,
// none of them near 1: many that are alike each lose the same in the sums of search.
func (s *sparse) refine(one, shift, number reg.VecVirtual) {
	few := label("few")
	long := s.cmp(gtOQ, s.constant(inBlock), number)
	s.keepWhere(long, eqOQ, s.zero, one)
	bits := s.maskBits(long)
	TESTL(bits, bits)
	JEQ(LabelRef(few))
	total, slope := s.compensated(), s.zeros(1)[0]
	s.near(func(g reg.VecVirtual) {
		s.add(shift, g, g)
		s.max(g, s.zero, g)
		if s.n == 1 {
			s.addTo(total, g)
		} else {
			s.add(g, slope, slope)
			s.addSquare(total, g)
		}
	})
	sum, lost, same := s.total(total.sum), s.total(total.lost), s.vec()
	s.load(s.ties, same)
	s.add(s.constant(1), same, same)
	if s.n == 1 {
		s.madd(same, shift, sum)
		s.add(s.constant(1), number, slope)
	} else {
		slope = s.total(slope)
		s.mul(shift, same, same)
		s.madd(same, shift, sum)
		s.add(same, slope, slope)
		s.add(slope, slope, slope)
	}
	s.sub(s.constant(1), sum, sum)
	s.add(lost, sum, sum)
	s.div(slope, sum, sum)
	s.keep(long, sum, sum)
	s.sub(sum, shift, shift)
	Label(few)
}

// losses emits the loss, and the gradients f (p - t). It adds to those rejected where a label has a
// sign, the labels' sum is not 1 or the loss is not finite. With the labels t the loss is
//
//	n = 1:  Σ d²/2 + Σ t max(-g, 0),   n = 2:  2/3 Σ x² (2√t + √p) + 2 Σ t max(-g, 0)
//
// for d = p - t, which of a maximum alone with a p near 1 is (1 - t) - (1 - p), and x = √p - √t,
// there d/(√p + √t).
func (s *sparse) losses(unsettled mask) (loss reg.VecVirtual, rejected reg.GPVirtual) {
	rest, only := s.rest(), s.vec()
	s.load(s.constant(math.NaN()), only)
	single := s.parkMask(s.cmp(gtOQ, s.ties, s.loaded(s.one)))
	s.blend(s.maskOf(single), s.loaded(s.top), only)
	alone, left, v := s.park(only), s.parkMask(unsettled), s.zeros(3)
	own, signs, labels, terms, fars := v[0], v[1], v[2], s.blocked(), s.blocked()
	loss, far := terms.inner, fars.inner
	s.each(func(z, t reg.VecVirtual, put, keep func(d Op)) {
		if s.checks() {
			s.or(t, signs, signs)
			s.add(t, labels, labels)
		}
		others := s.cmp(neqUQ, alone, z)
		z = s.fromOne(z)
		s.add(s.shift, z, z)
		behind, g, d, labelled := s.vec(), z, s.vec(), s.cmp(neqUQ, s.constant(0), t)
		s.min(g, s.zero, behind)
		s.nmaddWhere(labelled, behind, t, far)
		s.max(g, s.zero, g)
		s.difference(t, g, d)
		if s.own == nil {
			kept, top := s.vec(), s.complement(rest, t)
			s.move(t, kept)
			s.drop(others, kept)
			s.add(kept, own, own)
			s.blend(others, d, top)
			d = top
		}
		x, weight := s.vec(), s.vec()
		root := t
		byLabel := func() { // n (root - g)
			if s.hot {
				return
			}
			where(s.labels, func() {
				y := s.vec()
				s.move(root, y)
				s.sub(g, y, y)
				s.sub(behind, y, y)
				if s.n == 2 {
					s.add(y, y, y)
				}
				keep(y)
			})
		}
		if s.n == 1 {
			byLabel()
			s.keep(others, d, x)
		}
		s.mul(s.factor, d, d)
		put(d)
		if s.n == 2 {
			if !s.hot {
				root = s.labelRoot(t, labelled)
			}
			byLabel()
			s.sub(root, g, x)
			s.mulWhere(others, x, x)
			s.load(g, weight)
			s.madd(s.constant(2), root, weight)
			s.madd(weight, x, loss)
			return
		}
		s.madd(x, x, loss)
	}, s.betweenBlocks(terms, fars))
	if loss, far = s.total(s.inAll(terms)), s.total(s.inAll(fars)); s.own != nil {
		own = s.own()
	}
	d, g := s.complement(rest, own), s.vec()
	s.load(s.one, g)
	s.add(s.shift, g, g)
	x, weight := s.vec(), s.vec()
	s.keep(s.maskOf(single), d, x)
	if s.n == 2 {
		root := s.vec()
		s.sqrt(own, root)
		s.add(root, g, g)
		s.div(g, x, x)
		s.add(root, g, weight)
	}
	s.addTerm(x, weight, loss)
	if s.n == 1 {
		s.mul(s.constant(0.5), loss, loss)
	} else {
		s.mul(s.constant(2./3), loss, loss)
		s.add(far, far, far)
	}
	s.add(far, loss, loss)
	unsettled = s.maskOf(left)
	s.notFinite(loss, unsettled)
	if s.checks() {
		s.notOne(s.total(labels), unsettled)
	}
	rejected = s.maskBits(unsettled)
	ORL(s.signBits(signs), rejected)
	if s.put != nil {
		none, bits := label("none"), s.maskBits(s.maskOf(single))
		TESTL(bits, bits)
		JEQ(LabelRef(none))
		s.mul(s.factor, d, d)
		s.put(d)
		Label(none)
	}
	return loss, rejected
}

// checks reports whether the labels are checked.
func (s *sparse) checks() bool { return !s.hot && !s.part }

// difference emits p - t of g >= 0 in d.
func (s *sparse) difference(t, g, d reg.VecVirtual) {
	if s.n == 1 {
		s.sub(t, g, d)
		return
	}
	s.move(g, d)
	s.msub(t, g, d)
}

// complement emits (1 - t) - rest.
func (s *sparse) complement(rest Op, t reg.VecVirtual) reg.VecVirtual {
	d := s.vec()
	s.isa.other(t, d)
	s.sub(rest, d, d)
	return d
}

// notOne adds to m where the sum of a row's labels is not 1 within 1e-6 a class. It overwrites sum.
func (s *sparse) notOne(sum reg.VecVirtual, m mask) {
	classes, most, size := XMM(), s.vec(), s.vec()
	VXORPD(classes, classes, classes)
	VCVTSI2SDQ(s.param(s.classes), classes, classes)
	s.bcast(classes, most)
	s.mul(s.constant(1e-6), most, most)
	s.sub(s.constant(1), sum, sum)
	s.load(s.abs(), size)
	s.and(sum, size, size)
	s.orInto(s.cmp(nleUQ, most, size), m)
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

// labelRoot emits √t of labels, where those are that are not 0; with AVX-512 by steps, as the
// divider has enough to do. It may overwrite t.
func (g isa) labelRoot(t reg.VecVirtual, labelled mask) reg.VecVirtual {
	x := g.vec()
	if !g.avx512 {
		g.sqrt(t, x)
		return x
	}
	VRSQRT14PD_Z(t, labelled.op, x)
	return g.rootOf(t, x)
}

// rootOf emits √x by steps from inverse, 1/√x to 14 bits, or 0 where both are; with AVX-512. It
// overwrites both.
func (g isa) rootOf(x, inverse reg.VecVirtual) (root reg.VecVirtual) {
	root = g.rootSteps(x, inverse)
	g.nmadd(root, root, x)
	g.madd(inverse, x, root)
	return root
}

// rootSteps emits √x to the digits of float32, and half its inverse in inverse, as rootOf takes it.
func (g isa) rootSteps(x, inverse reg.VecVirtual) (root reg.VecVirtual) {
	rest := g.vec()
	root = g.vec()
	g.mul(x, inverse, root)
	g.mul(g.constant(0.5), inverse, inverse)
	g.load(g.constant(0.5), rest)
	g.nmadd(root, inverse, rest)
	g.madd(root, rest, root)
	g.madd(inverse, rest, inverse)
	return root
}

func (g isa) sqrt(x, dst Op) { g.pick(VSQRTPS, VSQRTPD, x, dst) }
