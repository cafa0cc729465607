package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	. "softloss/losses/internal/kernel/vec/_asm/rowplan"
)

// Losses of float32 elements by pieces as those of [sigmoidDensePieces], with AVX2: the numbers of
// an interval stand in a row of memory. Every lane reads its row, four numbers at once, which are
// transposed: that takes three instructions a number, as two tables of 8 and a blend do, of any
// number of intervals. Package rowplan says what the kernels take.

var rowLosses = []sigmoidLoss{
	{name: "sigmoidRows",
		doc:     "φ = -(1-p)^a l, of an a for each class, or -l + a (1-p), by pieces; par is its plan's.",
		prepare: byLikelihood(rowsQuestion), logs: none, size: true, rows: true, staged: 3},
	{name: "sigmoidMarginRows",
		doc:     "φ of the asymmetric loss with a margin, by pieces; par is its plan's.",
		prepare: byLikelihood(rowsQuestion), logs: none, size: true, rows: true, margin: true, staged: 3},
}

// rowsQuestion: see [densePieces]. With a margin R of a likely yes does not grow beyond the
// intervals, and R' falls as exp(-|z|).
func rowsQuestion(g isa, c questionConsts, _ reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		far := q.row.far()
		excess := g.vec()
		g.sub(g.toRowEnd(q.minus), q.minus, excess)
		if c.loss.margin {
			bits, within := g.signBits(excess), label("within")
			TESTL(bits, bits)
			JEQ(LabelRef(within))
			positive, beyond := q.positive(), g.vec()
			g.and(positive.op, excess, beyond)
			g.drop(positive, excess)
			y, grown := g.atLeast(g.lowest(), beyond), g.vec()
			t, n := g.reduced(c, y, g.zeros(1)[0])
			g.expm1Reduced(c, y)
			g.move(far.derivative, grown)
			g.madd(y, grown, far.derivative) // which is rounded once
			g.timesPower(y, t, n, c.shift, far.derivative)
			Label(within)
		}
		f, near := q.row.near(q.minus)
		return g.denseSum(f, near, far, excess, labels)
	}
}

// rowPiece is where an element stands: x is the middle of its interval less |z|, and nearX that for
// N, where it is another. far emits R and R', near emits F, N and k N + N'.
type rowPiece struct {
	x, nearX reg.VecVirtual
	far      func() denseFunction
	near     func(minus reg.VecVirtual) (f reg.VecVirtual, near denseFunction)
}

// rowShift is what turns the bits of y that number an interval into an offset.
const rowShift = 23 - RowPlaces - RowBytesLog

// interval emits the number of y's interval as an offset, and in y its middle, a number of few
// digits.
func (g isa) interval(y reg.VecVirtual) (offset reg.VecVirtual) {
	const half = 1 << (23 - RowPlaces - 1)
	offset = g.vec()
	VPSRLD(Imm(rowShift), y, offset)
	g.and(g.bitsOf(math.MaxUint32-(RowBytes-1)), offset, offset)
	g.and(g.bitsOf(math.MaxUint32-(half-1)), y, y)
	g.or(g.bitsOf(half), y, y)
	return offset
}

// What is stored of a question, by its places: the x for N gives way to F, and where rows with N
// begin to N itself.
const (
	keptMinus = iota
	keptX
	keptNearX
	keptNear
	keptDerivative
	keptFar // where rows with R begin
	keptParts

	keptF = keptNearX
)

// rowPiece emits that of a question. keep stores a part of it. notNegative tells where yes is the
// likely class or z is NaN.
func (g isa) rowPiece(c questionConsts, par reg.GPVirtual, q question, keep func(part int, v reg.VecVirtual) Mem,
	notNegative func() mask) *rowPiece {
	p, a, y := &rowPiece{x: g.vec()}, g.toRowEnd(q.minus), g.vec()
	g.load(g.constant(1), y)
	g.nmadd(g.constant(1/RowWidth), a, y)
	offset, ofYes, positive := g.interval(y), g.vec(), q.positive()
	g.load(g.constant(-RowWidth), p.x)
	g.madd(g.constant(RowWidth), y, p.x)
	g.add(a, p.x, p.x)
	g.and(g.bitsOf(RowCount*RowBytes), positive.op, ofYes)
	VPADDD(ofYes, offset, offset)
	far := keep(keptFar, offset)
	near := far
	if c.loss.margin {
		p.nearX = g.fromMargin(par, a, positive, offset, p.x)
		near = keep(keptNear, offset)
	}
	at := func(first int) int { return first*g.floatSize() - RowBase }
	p.far = func() denseFunction {
		return g.denseFunction(g.rowNumbers(par, far, at(RowFars)), 0, RowEach, p.x, true)
	}
	p.near = func(minus reg.VecVirtual) (f reg.VecVirtual, v denseFunction) {
		number, x := g.rowNumbers(par, near, at(RowTable)), p.x
		k := number(0)
		f = g.fallInRow(c, g.atLeast(RowLowest, minus), k, g.parameter(par, RowLow))
		if c.loss.margin {
			one := g.vec()
			g.load(g.constant(math.Exp2(-RowLift)), one)
			g.blend(notNegative(), f, one)
			f, x = one, p.nearX
		}
		const last = RowNear + RowTerms - 1
		v = g.denseFunction(number, RowNear, RowTerms-1, x, false)
		g.horner(v.v, x, v.derivative)
		rise, lowest := g.vec(), number(last) // N less that, of which k N + N' would have the rounding
		g.mul(k, x, rise)
		g.madd(rise, v.v, v.derivative)
		g.madd(g.parameter(par, RowLow), lowest, v.derivative)
		g.madd(k, lowest, v.derivative)
		g.horner(lowest, x, v.v)
		return f, v
	}
	return p
}

// fromMargin emits, where no is likely, the offset of the interval of c - |z|, and that less the
// interval's middle; elsewhere the offset and x that it is given, the first of which it overwrites.
func (g isa) fromMargin(par reg.GPVirtual, minus reg.VecVirtual, positive mask, offset, x reg.VecVirtual) (
	nearX reg.VecVirtual) {
	const toMargins = (RowMargins-RowTable)*4 + RowBase - ((127+RowLeast)<<RowPlaces-1)*RowBytes
	end, low := g.parameter(par, RowFinal), g.parameter(par, RowFinal+1)
	off, y, least := g.vec(), g.vec(), g.vec()
	nearX = g.vec()
	g.add(minus, end, nearX)
	g.sub(end, nearX, off)
	g.sub(off, minus, off)
	g.add(off, low, low)
	g.add(low, nearX, y)
	g.load(g.constant(math.Ldexp(1-0x1p-6, RowLeast)), least) // in the row of zeros
	g.max(least, y, y)
	from := g.interval(y)
	VPADDD(g.bitsOf(toMargins), from, from)
	g.blend(positive, offset, from)
	g.move(from, offset)
	g.sub(y, nearX, nearX)
	g.add(low, nearX, nearX)
	g.blend(positive, x, nearX)
	return nearX
}

// parkRow returns what loads a question that keep stores.
func (g isa) parkRow(q question, keep func(part int, v reg.VecVirtual) Mem) func() question {
	minus, x, nearX := keep(keptMinus, q.minus), keep(keptX, q.row.x), Mem{}
	if q.row.nearX != nil {
		nearX = keep(keptNearX, q.row.nearX)
	}
	return func() question {
		q.minus, q.row.x = g.loaded(minus), g.loaded(x)
		if q.row.nearX != nil {
			q.row.nearX = g.loaded(nearX)
		}
		return q
	}
}

// parkNear emits what is near of a question that asked loads, and returns what loads all that is
// left to do.
func (g isa) parkNear(asked func() question, keep func(part int, v reg.VecVirtual) Mem) func() question {
	q := asked()
	v, near := q.row.near(q.minus)
	f, n, derivative := keep(keptF, v), keep(keptNear, near.v), keep(keptDerivative, near.derivative)
	q.row.nearX = nil
	q.row.near = func(reg.VecVirtual) (reg.VecVirtual, denseFunction) {
		return g.loaded(f), denseFunction{g.loaded(n), g.loaded(derivative)}
	}
	return asked
}

// toRowEnd emits the larger of -|z| and the end of the intervals, which is a number for NaN too.
func (g isa) toRowEnd(minus reg.VecVirtual) reg.VecVirtual {
	a := g.vec()
	g.max(g.constant(-RowEnd), minus, a)
	return a
}

// fallInRow emits exp((k + low) x) 2^RowRaise. It overwrites x.
func (g isa) fallInRow(c questionConsts, x, k, low reg.VecVirtual) reg.VecVirtual {
	y, rest := g.product(k, x)
	g.madd(low, x, rest)
	y = g.atLeast(RowLowest, y)
	power, _ := g.reduced(c, y, rest)
	g.expm1Reduced(c, y)
	e := g.vec()
	g.add(c.exp.one, y, e)
	VPSLLD(Imm(23), power, power)
	VPADDD(g.bitsOf(RowRaise<<23), power, power)
	VPADDD(power, e, e)
	g.madd(g.constant(0), y, e) // as in timesPower
	return e
}

// rowNumbers returns what emits number i of the rows at offsets and first from par, each of which
// is emitted once, with the three beside it.
func (g isa) rowNumbers(par reg.GPVirtual, offsets Mem, first int) func(i int) reg.VecVirtual {
	const each = 4
	groups := map[int][]reg.VecVirtual{}
	return func(i int) reg.VecVirtual {
		group := i / each
		if groups[group] == nil {
			from := func(lane int) Mem {
				offset := GP64()
				MOVL(offsets.Offset(4*lane), offset.As32())
				return Mem{Base: par, Index: offset, Scale: 1, Disp: first + group*each*g.floatSize()}
			}
			var rows, pairs [each]reg.VecVirtual
			for lane := range rows {
				rows[lane] = g.vec()
				VBROADCASTF128(from(lane), rows[lane])
				VINSERTF128(Imm(1), from(lane+each), rows[lane], rows[lane])
			}
			for j := range 2 {
				a, b := rows[2*j], rows[2*j+1]
				pairs[j], pairs[j+2] = g.vec(), g.vec()
				VUNPCKLPS(b, a, pairs[j])
				VUNPCKHPS(b, a, pairs[j+2])
			}
			for j := range 2 {
				a, b := pairs[2*j], pairs[2*j+1]
				low, high := g.vec(), g.vec()
				VUNPCKLPD(b, a, low)
				VUNPCKHPD(b, a, high)
				groups[group] = append(groups[group], low, high)
			}
		}
		return groups[group][i%each]
	}
}
