package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Blocks of ordinary rows: no clamp, no mask of labels that are 0, and for an index no labels at
// all.

// ordinaryLogits are the logits of such rows.
type ordinaryLogits interface {
	blockLogits
	// keepClass keeps what the logit of a class of row z is made of in lanes.
	keepClass(z, class, row reg.GPVirtual)
	// ofClasses returns these logits less m of top, and the mask of those that are maxima.
	ofClasses(lanes reg.GPVirtual) (less reg.VecVirtual, most mask)
}

// ordinaryBlock emits blockCrossEntropy for ordinary rows, with labels or an index.
func (g isa) ordinaryBlock(grad, labels bool) {
	name, ins, outs, doc := "ordinaryBlock", "z, t *T, ", "k, n int, ", "is blockCrossEntropy"
	if !labels {
		name, ins = "ordinaryIndexBlock", "z *T, index *int, "
	}
	if grad {
		name, ins, outs, doc = name+"Grad", "e, "+ins, outs+"f *T, ", doc+"Grad"
	}
	g.text(name, "func("+ins+outs+"loss *float64, work, lanes *T) (declined uint32)",
		doc+" for ordinary rows, and declines all others.")
	lanes, f := g.param("lanes"), GP64()
	x, k := g.ordinaryBlockOf(labels), g.param("k")
	s, rejected := g.ordinarySums(x, k, grad, labels)
	if s.reach = nearReach; grad {
		f = g.param("f")
	}
	y := g.crossEntropyNumbers(lanes, Mem{Base: f}, s, grad)
	ORL(y.bad, rejected)
	ORL(g.maskBits(g.cmp(neqUQ, y.loss, y.loss)), rejected)
	g.storeDoubles(y.loss, nil, Mem{Base: g.param("loss")})
	if grad {
		g.ordinaryGradients(k, y, labels)
	}
	g.ordinaryEnd(rejected)
}

// ordinarySums is blockTerms for ordinary rows. It jumps to what ordinaryEnd emits when there is
// none.
func (g isa) ordinarySums(x ordinaryLogits, k reg.GPVirtual, store, labels bool) (
	s crossEntropySums, rejected reg.GPVirtual) {
	rejected = x.prepare(k)
	g.unlessAll(rejected, "declined")
	s = g.sumsOfBlock(x, k, rejected, store, labels)
	if !labels {
		g.sumsOfClasses(&s, x, k, store)
	}
	return s, rejected
}

func (g isa) ordinaryGradients(k reg.GPVirtual, y crossEntropyResults, labels bool) {
	if labels {
		g.blockGradients(k, y)
	} else {
		g.indexGradients(k, y)
	}
}

func (g isa) ordinaryEnd(rejected reg.GPVirtual) {
	Label("declined")
	Store(rejected, Return("declined"))
	g.ret()
}

// unlessAll jumps to done where rejected has all rows of a block.
func (g isa) unlessAll(rejected reg.GPVirtual, done string) {
	one, rows := GP32(), GP32()
	MOVL(U32(1), one)
	SHLXL(g.param("n").As32(), one, rows)
	DECL(rows)
	ANDNL(rows, rejected, rows)
	JEQ(LabelRef(done))
}

// ordinaryBlock are the logits of ordinary rows.
type ordinaryBlock struct {
	plainBlock
	x    rowExp
	held int // how many of its numbers AVX2 has registers for
}

// ordinaryBlockOf returns those of a kernel with labels or an index.
func (g isa) ordinaryBlockOf(labels bool) *ordinaryBlock {
	held := 7
	if labels {
		held = 1
	}
	return &ordinaryBlock{plainBlock: plainBlock{g: g}, held: held}
}

func (p *ordinaryBlock) prepare(k reg.GPVirtual) (rejected reg.GPVirtual) {
	top, gap, rejected := p.extremes(k)
	p.around(top, gap, top, p.g.rowBound(), func() rowExp { return p.g.rowExp(p.g.hold) }, rejected)
	return rejected
}

// extremes is blockExtremes of the logits in memory.
func (p *ordinaryBlock) extremes(k reg.GPVirtual) (top, gap reg.VecVirtual, nan reg.GPVirtual) {
	g := p.g
	return g.blockExtremes(k, nil, func(z reg.GPVirtual) func(i reg.GPVirtual, v int) reg.VecVirtual {
		return func(i reg.GPVirtual, v int) reg.VecVirtual { return g.get(z, i, v, nil) }
	})
}

// around adds to rejected the rows whose largest logit, most, is above the bound, or with a gap
// that is. It stores what the exponentials take of the maxima top in lanes: as Shift the magic
// number of expInRow.
func (p *ordinaryBlock) around(top, gap, most reg.VecVirtual, bound float64, exp func() rowExp,
	rejected reg.GPVirtual) {
	g, lanes := p.g, p.g.param("lanes")
	size, ea := g.vec(), g.vec()
	ORL(g.maskBits(g.cmp(nltUQ, g.constant(g.gap()), gap)), rejected)
	g.load(g.abs(), size)
	g.and(most, size, size)
	ORL(g.maskBits(g.cmp(nltUQ, g.constant(bound), size)), rejected)
	p.x = exp()
	if !g.avx512 {
		p.x.hold(g, p.held)
	}
	magic := g.rowShift(p.x.expConsts, top)
	g.expInRow(p.x, top, magic, ea)
	g.store(ea, g.lane(lanes, "Coef"))
	g.store(top, g.lane(lanes, "Max"))
	g.store(magic, g.lane(lanes, "Shift"))
}

func (p *ordinaryBlock) row(_, row reg.GPVirtual) {
	g := p.g
	p.most, p.shift.n = g.park(g.ofRow(row, "Max")), g.park(g.ofRow(row, "Shift"))
}

func (p *ordinaryBlock) exp(z, i reg.GPVirtual, v int, m *mask) (
	e reg.VecVirtual, most mask, less func(lab reg.VecVirtual) reg.VecVirtual) {
	g := p.g
	e, x := g.vec(), g.get(z, i, v, m)
	g.expInRow(p.x, x, p.shift.n, e)
	return e, g.cmp(eqOQ, p.most, x), func(reg.VecVirtual) reg.VecVirtual {
		g.sub(p.most, x, x)
		return x
	}
}

func (p *ordinaryBlock) keepClass(z, class, row reg.GPVirtual) {
	p.g.moveNumber(at(z, class, p.g, 0), p.g.lane(row, "Less"))
}

func (p *ordinaryBlock) ofClasses(lanes reg.GPVirtual) (less reg.VecVirtual, most mask) {
	g := p.g
	less, top := g.loaded(g.lane(lanes, "Less")), g.loaded(g.lane(lanes, "Max"))
	most = g.cmp(eqOQ, top, less)
	g.sub(top, less, less)
	return less, most
}

// ordinaryDivided are the divided logits of ordinary rows, y = z/t, with the exponentials of
// [divided]: y and the others are of prepared ones.
type ordinaryDivided struct {
	ordinaryBlock
	y preparedLogits
}

func (p *ordinaryDivided) prepare(k reg.GPVirtual) (rejected reg.GPVirtual) {
	g := p.g
	top, gap, rejected := p.extremes(k)
	p.around(top, p.y.unit(gap), p.y.unit(top), g.mostPreparedInRow(), g.dividedExp, rejected)
	return rejected
}

func (p *ordinaryDivided) top(lanes reg.GPVirtual, s *crossEntropySums) (m, more reg.VecVirtual) {
	g := p.g
	top, m := g.loaded(g.lane(lanes, "Max")), g.zeros(1)[0]
	minusM := p.y.unit(top)
	g.minusGrid(minusM)
	more = p.y.less(top, minusM, nil)
	g.store(minusM, g.lane(lanes, "Grid"))
	g.store(more, g.lane(lanes, "Max"))
	g.sub(minusM, m, m)
	dot := p.y.less(g.value(s.dot), g.zeros(1)[0], nil)
	g.madd(more, s.others.sum, dot)
	s.dot = running{sum: dot}
	return m, more
}

// ordinaryShifted are the shifted logits of ordinary rows, with the exponentials of [shiftedExp].
// The largest of a row is a first one by what they are searched by: no other is larger by more than
// the rests differ.
type ordinaryShifted struct {
	ordinaryBlock
	exps, ofTop shiftedExp // of rows, and of the largest, which takes no registers with AVX2
	y           preparedLogits
	numbers     reg.GPVirtual // at those of a row's elements
	place       Op            // that of the row's largest logit
	above, more Op            // the largest logits as exps has them, and less m of top
}

func (p *ordinaryShifted) prepare(k reg.GPVirtual) (rejected reg.GPVirtual) {
	g, lanes := p.g, p.g.param("lanes")
	p.numbers = GP64()
	LEAQ(g.elementNumbers(), p.numbers)
	p.exps.load()
	top, gap, rejected := g.blockExtremes(k, p.numbers, func(z reg.GPVirtual) func(
		i reg.GPVirtual, v int) reg.VecVirtual {
		return func(i reg.GPVirtual, v int) reg.VecVirtual { return p.exps.get(z, i, v, nil) }
	})
	g.mul(p.y.b, gap, gap)
	ORL(g.maskBits(g.cmp(nltUQ, g.constant(g.gap()), gap)), rejected)
	g.store(top, g.lane(lanes, "Max"))
	g.store(g.rowShift(p.exps.c.expConsts, top), g.lane(lanes, "Shift"))
	g.mul(p.y.b, top, top)
	minusM, large := p.y.onGrid(top, g.mostPreparedInRow())
	ORL(large, rejected)
	g.store(minusM, g.lane(lanes, "Grid"))
	if p.ofTop = p.exps; !g.avx512 {
		p.exps.c.hold(g, p.held)
	}
	return rejected
}

func (p *ordinaryShifted) row(z, row reg.GPVirtual) {
	g, sum := p.g, p.g.blockSum(row)
	lane, number, place := g.maskBits(g.cmp(eqOQ, sum(0), g.ofRow(row, "Max"))), sum(blockPlaces), GP64()
	ORL(U32(1<<(g.lanes()-1)), lane) // of a row with a NaN, too
	BSFL(lane, lane)
	number.Index, number.Scale = lane.As64(), uint8(g.size())
	if g.f64 {
		VCVTTSD2SIQ(number, place)
	} else {
		VCVTTSS2SIQ(number, place)
	}
	p.keepClass(z, place, row)
	g.moveNumber(at(g.param("hi"), place, g, 0), g.lane(row, "High"))
	g.moveNumber(at(g.param("low"), place, g, 0), g.lane(row, "Added"))
	of := g.vec()
	g.bcast(number, of)
	p.shift.n, p.place = g.park(g.ofRow(row, "Shift")), g.park(of)
}

func (p *ordinaryShifted) exp(z, i reg.GPVirtual, v int, m *mask) (
	e reg.VecVirtual, most mask, less func(lab reg.VecVirtual) reg.VecVirtual) {
	g := p.g
	e, _, y := p.exps.exp(z, i, v, m, p.shift.n)
	number := at(p.numbers, i, g, v*g.bytes())
	if m != nil {
		number = at(p.numbers, i, g, 0)
	}
	return e, g.cmp(eqOQ, number, g.loaded(p.place)), func(reg.VecVirtual) reg.VecVirtual { return y }
}

func (p *ordinaryShifted) single() bool { return true }

// reduced is that of [shiftedExp] for what keepClass has kept.
func (p *ordinaryShifted) reduced(lanes reg.GPVirtual) (t, r reg.VecVirtual) {
	g := p.g
	return p.ofTop.reduced(g.loaded(g.lane(lanes, "Less")), g.lane(lanes, "Power"), g.lane(lanes, "Left"),
		g.lane(lanes, "Shift"))
}

func (p *ordinaryShifted) topExps(_, lanes reg.GPVirtual) reg.VecVirtual {
	g, e := p.g, p.g.vec()
	t, r := p.reduced(lanes)
	p.above = g.park(p.ofTop.of(t, r))
	g.expOfRow(p.ofTop.c, t, r, e)
	g.store(e, g.lane(lanes, "Coef"))
	m := g.loaded(g.lane(lanes, "Grid"))
	g.add(g.lane(lanes, "High"), m, m)
	p.more = g.park(p.y.less(g.loaded(g.lane(lanes, "Less")), m, g.loaded(g.lane(lanes, "Added"))))
	return e
}

func (p *ordinaryShifted) top(lanes reg.GPVirtual, s *crossEntropySums) (m, more reg.VecVirtual) {
	g := p.g
	m, more = g.zeros(1)[0], g.loaded(p.more)
	g.store(more, g.lane(lanes, "Max"))
	g.sub(g.lane(lanes, "Grid"), m, m)
	b, low := g.partsOf(p.ofTop.whole())
	less, dot := g.value(s.dot), g.vec()
	g.nmadd(p.above, s.others.sum, less)
	g.move(less, dot)
	g.mul(low, dot, dot)
	g.madd(b, less, dot)
	g.madd(more, s.others.sum, dot)
	s.dot = running{sum: dot}
	return m, more
}

func (p *ordinaryShifted) keepClass(z, class, row reg.GPVirtual) {
	g := p.g
	g.moveNumber(at(z, class, g, 0), g.lane(row, "Less"))
	g.moveNumber(at(p.exps.power, class, g, 0), g.lane(row, "Power"))
	g.moveNumber(at(p.exps.rest, class, g, 0), g.lane(row, "Left"))
}

func (p *ordinaryShifted) ofClasses(lanes reg.GPVirtual) (less reg.VecVirtual, most mask) {
	less = p.ofTop.of(p.reduced(lanes))
	return less, p.g.cmp(eqOQ, p.g.loaded(p.above), less)
}

// moveNumber moves a number in memory.
func (g isa) moveNumber(from, to Mem) {
	x := XMM()
	g.pick(VMOVSS, VMOVSD, from, x)
	g.pick(VMOVSS, VMOVSD, x, to)
}

// blockPlaces is where blockExtremes leaves, for the largest in each lane, the number of its
// element.
const blockPlaces = 2

// blockExtremes returns the largest of what get loads of each row at z, how far below it the
// smallest is, and the mask of the rows with a NaN. A row fills a vector. With the numbers of the
// elements it leaves those of the largest, too, and the first vector of a row has the largest of
// each lane.
func (g isa) blockExtremes(k, numbers reg.GPVirtual, get func(z reg.GPVirtual) func(
	i reg.GPVirtual, v int) reg.VecVirtual) (top, gap reg.VecVirtual, nan reg.GPVirtual) {
	nan = GP32()
	XORL(nan, nan)
	last, zero := GP64(), g.hold(0)
	MOVQ(k, last)
	SUBQ(Imm(uint64(g.lanes())), last)
	g.blockRows(k, []string{"z"}, func(z []reg.GPVirtual, row reg.GPVirtual) {
		high, low, none := []reg.VecVirtual{g.vec(), g.vec()}, []reg.VecVirtual{g.vec(), g.vec()}, g.zeros(2)
		var places []reg.VecVirtual
		if numbers != nil {
			places = g.zeros(2)
		}
		for v := range 2 {
			g.load(g.infinity(-1), high[v])
			g.load(g.infinity(1), low[v])
		}
		load := get(z[0])
		take := func(i reg.GPVirtual, v int) {
			x, number := load(i, v), at(numbers, i, g, v*g.bytes())
			if v %= 2; numbers != nil {
				g.blend(g.cmp(gtOQ, high[v], x), number, places[v])
			}
			g.max(high[v], x, high[v])
			g.min(low[v], x, low[v])
			g.madd(zero, x, none[v])
		}
		take(last, 0) // perhaps once more
		g.wholes(k, 4, take)
		at := g.blockSum(row)
		if numbers != nil {
			g.blend(g.cmp(gtOQ, high[0], high[1]), places[1], places[0])
			g.store(places[0], at(blockPlaces))
		}
		g.max(high[1], high[0], high[0])
		g.min(low[1], low[0], low[0])
		g.add(none[1], none[0], none[0])
		g.store(high[0], at(0))
		g.store(low[0], at(1))
		g.orRow(g.maskBits(g.cmp(neqUQ, none[0], none[0])), row, nan)
	})
	work := g.param("work")
	top, gap = g.collapsed(work, 0, g.max), g.collapsed(work, 1, g.min)
	g.sub(gap, top, gap)
	return top, gap, nan
}

// elementNumbers returns memory with the numbers of the elements of a row in blocks, and of as many
// more as fill a vector.
func (g isa) elementNumbers() Mem {
	name := "numbers" + map[bool]string{true: "F64", false: "F32"}[g.f64]
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range (mostRow + 64) / g.size() {
		bits := constBits(g.f64, float64(i))
		if g.f64 {
			DATA(8*i, U64(bits))
		} else {
			DATA(4*i, U32(uint32(bits)))
		}
	}
	constants[name] = m
	return m
}

// eachClass emits body for the rows of a block and their classes.
func (g isa) eachClass(k reg.GPVirtual, pointers []string, body func(p []reg.GPVirtual, class, row reg.GPVirtual)) {
	next, class := g.param("index"), GP64()
	g.blockRows(k, pointers, func(p []reg.GPVirtual, row reg.GPVirtual) {
		MOVQ(Mem{Base: next}, class)
		ADDQ(Imm(8), next)
		body(p, class, row)
	})
}

// sumsOfClasses makes the sums of one-hot labels, and with grad stores the exponentials of the
// classes in the lane P.
func (g isa) sumsOfClasses(s *crossEntropySums, x ordinaryLogits, k reg.GPVirtual, grad bool) {
	pointers := []string{"z"}
	if grad {
		pointers = append(pointers, "e")
	}
	g.eachClass(k, pointers, func(p []reg.GPVirtual, class, row reg.GPVirtual) {
		x.keepClass(p[0], class, row)
		if grad {
			g.moveNumber(at(p[1], class, g, 0), g.lane(row, "P"))
		}
	})
	less, most := x.ofClasses(g.param("lanes"))
	one := g.loaded(g.constant(1))
	s.own, s.others, s.dot = g.vec(), g.compensated(), g.running(1)[0]
	g.keep(most, one, s.own)
	g.sub(s.own, one, s.others.sum)
	g.drop(most, less)
	g.move(less, s.dot.sum)
}

// indexGradients is blockGradients for an index.
func (g isa) indexGradients(k reg.GPVirtual, x crossEntropyResults) {
	lanes := g.param("lanes")
	top := g.sureTop(lanes, "Coef", x.sure)
	own, one := g.loaded(g.lane(lanes, "P")), g.loaded(g.constant(1))
	g.gradient(own, one, top, x)
	g.store(own, g.lane(lanes, "P"))
	g.store(top, g.lane(lanes, "Mark"))
	g.store(x.coef, g.lane(lanes, "Coef"))
	g.store(x.low, g.lane(lanes, "Lost"))
	g.store(x.q, g.lane(lanes, "AtTop"))
	g.eachClass(k, []string{"e"}, func(p []reg.GPVirtual, class, row reg.GPVirtual) {
		coef, low, q, top := g.ofRow(row, "Coef"), g.ofRow(row, "Lost"), g.ofRow(row, "AtTop"), g.ofRow(row, "Mark")
		g.rewrite(p[0], k, func(y reg.VecVirtual, _ reg.GPVirtual, _ int) {
			lost, most := g.vec(), g.cmp(eqOQ, top, y)
			g.move(y, lost)
			g.mul(low, lost, lost)
			g.horner(lost, coef, y)
			g.blend(most, q, y)
		})
		g.moveNumber(g.lane(row, "P"), at(p[0], class, g, 0))
	})
}
