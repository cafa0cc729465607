package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels for rows of a block of losses that are so steep in p that what float32 loses of it
// counts: in a power w = exp(-y) of y = rate p, or almost, whose error is y times that of p. There
// p is computed again from the logit, in two numbers, which an exponential by a table is before
// they are added up.

const (
	steepBound = 1 << 15 // the size of the largest logit, for the table's exponential
	mostSteep  = 32      // the largest rate: exp(-y) is a normal number, whatever p is
	steepReach = 80      // how far below the largest logit an exponential is almost nothing
)

// steep emits powers for the logits x.
type steep struct {
	isa
	exp rowExp

	low                  reg.VecVirtual
	magic, rate, rateLow Op
}

func (g isa) steep(exp rowExp, number func(name string) reg.VecVirtual) *steep {
	if !g.avx512 { // to 3.3e-10, as there are no sixteenths
		exp.q = []Op{g.constant(0.04166862168412452), g.constant(0.1666783968696943), g.constant(0.5)}
	}
	magic := number("shift")
	g.add(exp.magic, magic, magic)
	return &steep{g, exp, number("low"), g.park(magic), g.park(number("rate")), g.park(number("rateLow"))}
}

// minusY returns -y in two numbers for the logits x, which it limits.
func (s *steep) minusY(x reg.VecVirtual) (y, lost reg.VecVirtual) {
	s.max(x, s.low, x)
	t, r := s.lessProduct(s.exp.expConsts, x, s.magic)
	e, y, lost := s.vec(), s.vec(), s.vec()
	q := s.powerOfRow(s.exp, t, r, e)
	s.mul(r, q, q)
	s.mul(s.rate, e, y)
	s.move(y, lost)
	s.msub2(s.rate, e, lost)
	s.madd(s.rateLow, e, lost)
	s.madd(s.rate, q, lost)
	return y, lost
}

// power returns w = rowFactor exp(y + lost) as w (1 + rest). It overwrites y and lost.
func (s *steep) power(y, lost reg.VecVirtual) (w, rest reg.VecVirtual) {
	t, n, w := s.vec(), s.vec(), s.vec()
	s.add(lost, y, w)
	s.load(s.exp.magic, t)
	s.nmadd(s.exp.log2e, w, t)
	s.sub(s.exp.magic, t, n)
	s.madd(s.exp.ln2hi, n, y)
	s.madd(s.exp.ln2lo, n, lost)
	s.add(lost, y, y)
	s.powerByTable(s.exp, t, w)
	rest = s.exp.overReduced(s.isa, y)
	s.mul(y, rest, rest)
	return w, rest
}

// steepExpTerms: φ = w, -φ' = y w.
func (g isa) steepExpTerms() {
	g.blockSmallTerms(smallTerm{name: "steepExpTerms", pointers: []string{"h", "e", "z", "t"}, numbers: steepNumbers[:4],
		doc: []string{"stores h = t e w with w = rowFactor exp(-y), y = -(rate + rateLow) e, and returns Σ t w and Σ h, as " +
			"if the labels of e > limit were 0."},
		prepare: func(g isa, _ reg.GPVirtual) func(func(string) reg.VecVirtual, reg.GPVirtual) termBody {
			exp := g.rowExp(g.hold)
			return func(number func(string) reg.VecVirtual, z reg.GPVirtual) termBody {
				steep := g.steep(exp, number)
				return func(s small) near {
					w, rest := steep.power(steep.minusY(g.get(z, s.i, s.v, s.k)))
					g.mul(w, s.t, s.t)
					g.add(s.t, s.sum, s.sum)
					g.madd(s.t, rest, s.sum)
					return g.timesNear(s, rest)
				}
			}
		}})
}

// steepLogs are the coefficients of q in -log(1-p) = p + p² q for p <= 1/8, from the highest degree
// on: p q to 1.6e-9.
var steepLogs = []float64{0.22061701530750435, 0.19375025060166426, 0.2502862602273739, 0.333328808336387,
	0.5000000113374066}

// steepFocalTerms: with w = (1-p)^b, b = a-1, of which y is b (p + p² q),
//
//	φ = -(1-p) w l,   -φ' = w + w (-a p l - p).
func (g isa) steepFocalTerms() {
	g.blockSmallTerms(smallTerm{name: "steepFocalTerms", pointers: []string{"h", "e", "z", "t"},
		numbers: steepNumbers,
		doc: []string{"is focalTerms times rowFactor for p = c e <= 1/8, as if the labels of e > limit were 0; b p is " +
			"-(rate + rateLow) e, l = z - (lse + lseLow) and byB = 1/b; par is nothing."},
		prepare: func(g isa, _ reg.GPVirtual) func(func(string) reg.VecVirtual, reg.GPVirtual) termBody {
			exp := g.rowExp(g.inMemory)
			if g.avx512 {
				exp.hold(g, 4)
			}
			return func(number func(string) reg.VecVirtual, z reg.GPVirtual) termBody {
				parked := func(name string) Op { return g.park(number(name)) }
				lse, low, c, byB, steep := parked("lse"), parked("lseLow"), parked("c"), parked("byB"), g.steep(exp, number)
				return func(s small) near {
					p, x, q, linear, ap := s.x, g.get(z, s.i, s.v, s.k), g.vec(), g.vec(), g.vec()
					g.mul(c, p, p)
					g.load(g.constant(steepLogs[0]), q)
					for _, c := range steepLogs[1:] {
						g.horner(g.constant(c), p, q)
					}
					g.mul(p, q, q)
					y, lost := steep.minusY(x)
					g.sub(lse, x, x)
					g.add(lost, y, linear) // -b p
					g.move(lost, ap)
					g.madd(byB, linear, ap)
					g.add(y, ap, ap) // -a p, rounded once
					g.madd(linear, q, lost)
					w, rest := steep.power(y, lost)
					l := g.logP(lse, low, z, s.i, s.v, s.k)
					g.nmadd(p, l, l)
					g.madd(rest, l, l)
					g.madd(low, ap, p)
					g.msub2(x, ap, p) // -a p l - p
					tw := g.vec()
					g.mul(s.t, w, tw)
					g.msub(tw, s.t, w)
					g.nmadd(tw, g.whereLabelled(l, s.t), s.sum)
					g.move(rest, l)
					g.madd(rest, p, l)
					g.madd(tw, l, w)
					g.madd(tw, p, w)
					return near{tw, w, g.add}
				}
			}
		}})
}
