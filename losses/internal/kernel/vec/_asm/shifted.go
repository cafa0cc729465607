package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// shiftedExp are the logits y = factor z + s of ordinary rows, s of a class, of which the
// exponential is that of [divided] ones beside a power of two: with s = power ln 2 + factor rest,
// power next to s log2 e and a multiple of what n is,
//
//	exp(y) = 2^-(n - power) exp(factor r),  r = (z + n ln2hi) + (rest + n ln2lo),
//
// n for factor (z + rest), and ln2hi + ln2lo = ln 2/factor.
type shiftedExp struct {
	g           isa
	c           rowExp // of divided ones
	power, rest reg.GPVirtual
	alone       bool // nobody wants the logits
}

// load loads the parameters.
func (s *shiftedExp) load() {
	s.power, s.rest, s.c = s.g.param("power"), s.g.param("rest"), s.g.dividedExp()
}

// shiftedParams are the parameters of shiftedExp, and shiftedAre says what they are.
const (
	shiftedParams = "power, rest, hi, low *T, factor, factorLow float64"
	shiftedAre    = "The logits are factor z + hi + low, hi a multiple of the grid; hi + low = power ln 2 + factor " +
		"rest, power a multiple of what the exponentials have powers of two for. " + factorLow
)

// get loads what the logits are searched by, y/factor but for rest.
func (s *shiftedExp) get(z, i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	g := s.g
	x, power := g.get(z, i, v, m), g.get(s.power, i, v, m)
	g.madd(s.c.ln2hi, power, x)
	return x
}

// numbers returns power and rest of vector v at i.
func (s *shiftedExp) numbers(i reg.GPVirtual, v int, m *mask) (power, rest Op) {
	if m != nil {
		return s.g.get(s.power, i, v, m), s.g.get(s.rest, i, v, m)
	}
	return at(s.power, i, s.g, v*s.g.bytes()), at(s.rest, i, s.g, v*s.g.bytes())
}

// reduced emits r and t, the magic number of c with n - power in the low bits, less what magic has
// more than that.
func (s *shiftedExp) reduced(z reg.VecVirtual, power, rest, magic Op) (t, r reg.VecVirtual) {
	g := s.g
	t, r = g.vec(), g.vec()
	from, n, q, sum := g.vec(), g.vec(), g.vec(), g.vec()
	g.sub(power, g.loaded(magic), from)
	g.load(rest, q)
	g.add(z, q, sum)
	g.move(from, t)
	g.nmadd(s.c.log2e, sum, t)
	g.sub(from, t, n)
	g.move(z, r)
	g.madd(s.c.ln2hi, n, r)
	g.madd(s.c.ln2lo, n, q)
	g.add(q, r, r)
	return t, r
}

// of returns what reduced makes y/factor of, less what magic has more than c's.
func (s *shiftedExp) of(t, r reg.VecVirtual) reg.VecVirtual {
	g := s.g
	n, y := g.vec(), g.vec()
	g.sub(s.c.magic, t, n)
	g.move(r, y)
	g.nmadd(s.c.ln2hi, n, y)
	return y
}

// exp returns the exponentials of vector v of z at i, t of reduced, and unless nobody wants them
// what of returns.
func (s *shiftedExp) exp(z, i reg.GPVirtual, v int, m *mask, magic Op) (e, t, y reg.VecVirtual) {
	g := s.g
	power, rest := s.numbers(i, v, m)
	t, r := s.reduced(g.get(z, i, v, m), power, rest, magic)
	if !s.alone {
		y = s.of(t, r)
	}
	e = g.vec()
	g.expOfRow(s.c, t, r, e)
	return e, t, y
}

// whole returns by what numbers of that kind are to be multiplied, in float64: factor, and what
// ln2hi has lost.
func (s *shiftedExp) whole() reg.VecVirtual {
	ln2, w := XMM(), isa{avx512: s.g.avx512, f64: true}
	VMOVSD(w.constant(math.Ln2), ln2)
	VDIVSD(s.g.wideNumber(s.c.ln2hi), ln2, ln2)
	return ln2
}

// shifted are such logits of a row.
type shifted struct {
	divided
	shiftedExp
	hi, low reg.GPVirtual
	top     func() []reg.VecVirtual // M, exp(M) as exp has it, and what of returns for M, in float64
}

// newShifted returns them, with AVX2 with so many numbers in registers.
func (g isa) newShifted(held int, alone bool) *shifted {
	return &shifted{divided: divided{plain{g: g, held: held}}, shiftedExp: shiftedExp{g: g, alone: alone}}
}

func (s *shifted) signature() (name, ins, outs string, doc []string) {
	return "shifted", shiftedParams + ", ", "m, em, sum", []string{"is odds of other logits.", s.are()}
}

func (s *shifted) are() string { return shiftedAre }

func (s *shifted) load(z reg.GPVirtual) {
	s.z, s.hi, s.low = z, s.plain.g.param("hi"), s.plain.g.param("low")
	s.shiftedExp.load()
}

func (s *shifted) get(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	return s.shiftedExp.get(s.z, i, v, m)
}

func (s *shifted) prepare(top reg.VecVirtual, a reg.GPVirtual) {
	g, m, low := s.plain.g, XMM(), XMM()
	s.magic = g.park(g.rowShift(s.shiftedExp.c.expConsts, top))
	everywhere := func(p reg.GPVirtual) reg.VecVirtual {
		x := g.vec()
		g.bcast(at(p, a, g, 0), x)
		return x
	}
	z := everywhere(s.z)
	above := g.wideNumber(s.of(s.reduced(z, everywhere(s.power), everywhere(s.rest), s.magic)))
	x, em := XMM(), XMM()
	VMULSD(address(Param("factor")), above, x)
	g.nearOne(x, math.Ln2/float64(g.rowParts()), em)
	wide := g.wideNumber(z)
	VMOVAPD(g.wideNumber(at(s.hi, a, g, 0)), m)
	VMOVAPD(g.wideNumber(at(s.low, a, g, 0)), low)
	VFMADD231SD(address(Param("factor")), wide, m)
	VFMADD231SD(address(Param("factorLow")), wide, low)
	VADDSD(low, m, m)
	s.top = g.keptNumbers(m, em, above)
	if !s.keeps {
		doubleResult(m, "m")
		doubleResult(em, "em")
	}
	if !g.avx512 {
		s.shiftedExp.c.hold(g, s.held, &s.magic)
	}
}

// nearOne emits e = exp(x) in float64, as rows have it, by Taylor's series for |x| <= most.
func (g isa) nearOne(x reg.VecVirtual, most float64, e reg.VecVirtual) {
	w := isa{avx512: g.avx512, f64: true}
	unit, term, terms := 0x1p-27, most, []float64{g.rowFactor()}
	if g.f64 {
		unit = 0x1p-56
	}
	for n := 1.0; term > unit; n++ {
		terms = append(terms, terms[len(terms)-1]/n)
		term *= most / (n + 1)
	}
	VMOVSD(w.constant(terms[len(terms)-1]), e)
	for i := len(terms) - 2; i >= 0; i-- {
		VFMADD213SD(w.constant(terms[i]), x, e)
	}
}

func (s *shifted) largest() (m, em reg.VecVirtual) {
	x := s.top()
	return x[0], x[1]
}

func (s *shifted) times(dot, others reg.VecVirtual) {
	VMULSD(s.whole(), dot.AsX(), dot.AsX())
	above := XMM()
	VMULSD(address(Param("factor")), s.top()[2], above)
	VFNMADD231SD(above, others.AsX(), dot.AsX())
}

func (s *shifted) exp(i reg.GPVirtual, v int, m *mask) (e reg.VecVirtual, less func() reg.VecVirtual) {
	e, t, y := s.shiftedExp.exp(s.z, i, v, m, s.magic)
	s.far.take(s.plain.g, t, m)
	return e, func() reg.VecVirtual { return y }
}

// shiftNumbers emits what a shift is split to for [shiftedExp].
func (g isa) shiftNumbers() {
	g.text("shiftNumbers", "func(power, rest, hi, low *T, n int, by A)",
		"stores hi + low as power ln 2 + rest/by, power a multiple of what the exponentials of rows have powers of two for.")
	parts := isa{avx512: g.avx512, f64: !g.narrow}.rowParts()
	power, rest, hi, low := g.param("power"), g.param("rest"), g.param("hi"), g.param("low")
	by, magic := g.held("by"), g.hold(g.magicNumber()/float64(parts))
	g.loop(g.param("n"), 1, func(i reg.GPVirtual, v int, m *mask) {
		x, y, n, sum := g.get(hi, i, v, m), g.get(low, i, v, m), g.vec(), g.vec()
		g.load(magic, n)
		g.add(x, y, sum)
		g.madd(g.constant(math.Log2E), sum, n)
		g.sub(magic, n, n)
		g.put(n, power, i, v, m)
		g.nmadd(g.constant(math.Ln2), n, x)
		g.nmadd(g.constant(0x1.abc9e3b39803fp-56), n, y)
		g.add(y, x, x)
		g.mul(by, x, x)
		g.put(x, rest, i, v, m)
	})
	g.ret()
}
