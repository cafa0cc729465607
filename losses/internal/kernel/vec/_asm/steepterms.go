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

// power returns w = rowFactor exp(y + lost) as w + r q. It overwrites y and lost.
func (s *steep) power(y, lost reg.VecVirtual) (w, r, q reg.VecVirtual) {
	t, n, w := s.vec(), s.vec(), s.vec()
	s.add(lost, y, w)
	s.load(s.exp.magic, t)
	s.nmadd(s.exp.log2e, w, t)
	s.sub(s.exp.magic, t, n)
	s.madd(s.exp.ln2hi, n, y)
	s.madd(s.exp.ln2lo, n, lost)
	s.add(lost, y, y)
	return w, y, s.powerOfRow(s.exp, t, y, w)
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
					w, r, q := steep.power(steep.minusY(g.get(z, s.i, s.v, s.k)))
					g.mul(r, q, q)
					g.madd(s.t, w, s.sum)
					g.madd(s.t, q, s.sum)
					g.mul(s.t, s.x, s.x)
					g.mul(s.x, q, q)
					g.madd(s.x, w, q)
					return near{base: q}
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
//	φ = -(1-p) w l,   -φ' = w (1 - b p (l + (1+l)/b)).
func (g isa) steepFocalTerms() {
	g.blockSmallTerms(smallTerm{name: "steepFocalTerms", pointers: []string{"h", "e", "z", "t"},
		numbers: steepNumbers,
		doc: []string{"is focalTerms times rowFactor for p = c e <= 1/8, as if the labels of e > limit were 0; b p is " +
			"-(rate + rateLow) e, l = z - (lse + lseLow) and byB = 1/b; par is nothing."},
		prepare: func(g isa, _ reg.GPVirtual) func(func(string) reg.VecVirtual, reg.GPVirtual) termBody {
			exp := g.rowExp(g.inMemory)
			exp.hold(g, 4)
			return func(number func(string) reg.VecVirtual, z reg.GPVirtual) termBody {
				lse, low, c, byB, steep := number("lse"), number("lseLow"), number("c"), number("byB"), g.steep(exp, number)
				return func(s small) near {
					p, x, q, linear := s.x, g.get(z, s.i, s.v, s.k), g.vec(), g.vec()
					g.mul(c, p, p)
					g.load(g.constant(steepLogs[0]), q)
					for _, c := range steepLogs[1:] {
						g.horner(g.constant(c), p, q)
					}
					g.mul(p, q, q)
					y, lost := steep.minusY(x)
					g.add(lost, y, linear)
					g.madd(linear, q, lost)
					w, r, more := steep.power(y, lost)
					g.madd(r, more, w)
					g.mul(s.t, w, w)
					g.sub(lse, x, x)
					g.sub(low, x, x)
					g.load(exp.one, q)
					g.add(x, q, q)
					g.madd(byB, q, x)
					g.mul(linear, x, x)
					l, u := g.logP(lse, low, z, s.i, s.v, s.k), g.vec()
					g.load(exp.one, u)
					g.sub(p, u, u)
					g.mul(u, l, l)
					g.nmadd(w, g.whereLabelled(l, s.t), s.sum)
					g.madd(w, x, w)
					return near{base: w}
				}
			}
		}})
}
