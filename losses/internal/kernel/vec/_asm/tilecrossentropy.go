package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileCrossEntropy emits the kernels for labels, or for the classes of an index, which are one-hot
// labels and give the same results bit for bit.
func (g isa) tileCrossEntropy(grad, index bool) {
	name, labels := "tileCrossEntropy", "z, t *T"
	if index {
		name, labels = name+"Index", "z *T, index *int"
	}
	if grad {
		g.text(name+"Grad", "func(e, "+labels+", k, tiles int, f *T, step int, loss *float64, declined *uint32, lanes *T)",
			"stores the losses of tiles and, in e, their gradients; the factors f of a tile lie step bytes behind those of "+
				"the last. declined has, for each tile, the bits of the rows that are for the specification or have an "+
				"invalid label. Each tile has lanes of its own, behind those of the last, of which Max and Log are results, too.")
	} else {
		g.text(name, "func("+labels+", k, tiles int, loss *float64, declined *uint32, lanes *T)",
			"is "+name+"Grad without the gradients.")
	}
	g.tileMaxima()
	g.tileSums(grad, index)
	g.tileResults(grad, index)
	if grad {
		g.tileColumns(index)
	}
	g.ret()
}

// tilePass emits body for all tiles, one after the other; lanes are those of each. The kernels make
// several passes: the numbers of a row come out of a long chain, for which those of the next tile
// need not wait.
func (g isa) tilePass(body func(lanes reg.GPVirtual)) {
	at := GP64()
	g.tilePassAt(at, func() { body(at) })
}

// tilePassAt is tilePass with the lanes at a pointer that other passes have, too.
func (g isa) tilePassAt(at reg.GPVirtual, body func()) {
	Load(Param("lanes"), at)
	tiles, next := g.param("tiles"), label("tile")
	Label(next)
	body()
	ADDQ(U32(uint32(len(lanes)*g.column())), at)
	DECQ(tiles)
	JNE(LabelRef(next))
}

// tilePairs is tilePassAt for two tiles at a time, and for one that is left, with AVX-512, which
// has the registers for what is emitted in turns. body takes how many they are.
func (g isa) tilePairs(at [2]reg.GPVirtual, body func(n int)) {
	if !g.avx512 {
		g.tilePassAt(at[0], func() { body(1) })
		return
	}
	Load(Param("lanes"), at[0])
	tiles, size := g.param("tiles"), len(lanes)*g.column()
	next, single, done := label("pair"), label("single"), label("done")
	Label(next)
	CMPQ(tiles, Imm(2))
	JLT(LabelRef(single))
	LEAQ(Mem{Base: at[0], Disp: size}, at[1])
	body(2)
	ADDQ(U32(uint32(2*size)), at[0])
	SUBQ(Imm(2), tiles)
	JMP(LabelRef(next))
	Label(single)
	TESTQ(tiles, tiles)
	JEQ(LabelRef(done))
	body(1)
	Label(done)
}

// rowsOfTiles returns the pointers to the rows of the first tile, e with grad alone.
func (g isa) rowsOfTiles(grad, index bool) *tileRows {
	x := &tileRows{g: g, k: g.param("k")}
	if grad {
		x.e = g.param("e")
	}
	if index {
		x.index = g.param("index")
	} else {
		x.t = g.param("t")
	}
	return x
}

// advance moves the pointers to the next tile.
func (x *tileRows) advance() {
	var moved []reg.GPVirtual
	for _, p := range []reg.GPVirtual{x.z, x.t, x.e} {
		if p != nil {
			moved = append(moved, p)
		}
	}
	advance(x.k, x.g.column(), moved...)
	if x.index != nil {
		ADDQ(Imm(uint64(8*x.g.lanes())), x.index)
	}
}

// tileMaxima stores what the exponentials of tiles need in their lanes, and in declined the rows
// beyond bound.
func (g isa) tileMaxima() {
	z, k, declined, c := g.param("z"), g.param("k"), g.param("declined"), g.tileExp()
	g.tilePass(func(lanes reg.GPVirtual) {
		top, least := g.vec(), g.vec()
		g.load(g.infinity(-1), top)
		g.load(g.infinity(1), least)
		g.columns(k, func(off reg.GPVirtual) {
			x := g.vec()
			g.load(col(z, off), x)
			g.max(top, x, top)
			g.min(least, x, least)
		})
		MOVL(c.prepare(top), Mem{Base: declined})
		ADDQ(Imm(4), declined)
		ea := g.vec()
		g.store(c.expOfTop(top, ea), g.lane(lanes, "Under"))
		g.store(ea, g.lane(lanes, "Coef"))
		g.store(top, g.lane(lanes, "Max"))
		g.store(least, g.lane(lanes, "Low"))
		g.store(g.loaded(c.shift), g.lane(lanes, "Shift"))
		advance(k, g.column(), z)
	})
}

// tileSums stores the sums of tiles in their lanes, and adds to declined the rows with a negative
// label.
func (g isa) tileSums(grad, index bool) {
	x, declined := g.rowsOfTiles(grad, index), g.param("declined")
	x.z = g.param("z")
	near := g.tileExp()
	g.tilePass(func(lanes reg.GPVirtual) {
		x.lanes, x.most = lanes, g.laneOp(lanes, "Max")
		x.m = g.maxima(x.most)
		far, summed := label("far"), label("summed")
		bits := g.farRows(x.most, g.lane(lanes, "Low"))
		near.shift = g.laneOp(lanes, "Shift")
		TESTL(bits, bits)
		JNE(LabelRef(far))
		g.tileSumsBy(*x, near, declined)
		JMP(LabelRef(summed))
		Label(far)
		park := func(v reg.VecVirtual, name string) Op { return g.parkLane(v, lanes, name) }
		g.tileSumsBy(*x, near.far(x.most, park), declined)
		Label(summed)
		if !index {
			ADDQ(Imm(4), declined)
		}
		x.advance()
	})
}

// tileSumsBy is tileSums of a tile x, by those exponentials.
func (g isa) tileSumsBy(x tileRows, c tileExp, declined reg.GPVirtual) {
	if x.c = c; !g.avx512 {
		x.most = g.loaded(x.most)
		x.m.top = x.most
		x.c.hold(g, x.spare(), &x.c.shift)
	}
	var s crossEntropySums
	if x.index != nil {
		s = x.classSums(x.exp, x.logits, false)
	} else {
		var signs reg.VecVirtual
		s, signs = x.labelSums(x.exp, x.column, false)
		ORL(g.signBits(signs), Mem{Base: declined})
	}
	g.keepSums(x.lanes, s)
}

// tileResults stores the losses of tiles, with grad what gradients are made of in the lanes, and
// adds to declined the rows with an invalid label or too large a factor.
func (g isa) tileResults(grad, index bool) {
	declined, loss := g.param("declined"), g.param("loss")
	var factor reg.GPVirtual
	if grad {
		factor = g.param("f")
	}
	g.tilePass(func(lanes reg.GPVirtual) {
		s := g.keptSums(lanes, index)
		s.reach = lanesReach
		y := g.crossEntropyNumbers(lanes, Mem{Base: factor}, s, grad)
		ORL(y.bad, Mem{Base: declined})
		ADDQ(Imm(4), declined)
		g.storeDoubles(y.loss, nil, Mem{Base: loss})
		ADDQ(Imm(uint64(8*g.lanes())), loss)
		if grad {
			g.keepResults(lanes, y)
			ADDQ(address(Param("step")), factor)
		}
	})
}

// tileColumns makes the gradients of tiles.
func (g isa) tileColumns(index bool) {
	x := g.rowsOfTiles(true, index)
	g.tilePass(func(lanes reg.GPVirtual) {
		x.lanes = lanes
		number := func(name string) reg.VecVirtual { return g.loaded(g.lane(lanes, name)) }
		y, top := crossEntropyResults{coef: number("Coef"), low: number("Lost"), f: number("Scale"), q: number("AtTop")},
			number("Mark")
		if index {
			x.classGradients(y, top)
		} else {
			g.columnGradients(x.e, x.t, x.k, y, top)
		}
		x.advance()
	})
}

// spare is how many registers AVX2 has for the numbers of exponentials while it adds up columns.
func (x *tileRows) spare() int {
	n := 2
	if x.index != nil {
		n = 5
	}
	if !x.c.near {
		n--
	}
	return n
}

// tileRows are the rows of a tile: pointers, of which e, t and index may be nil, and what their
// exponentials need.
type tileRows struct {
	g                        isa
	e, z, t, index, k, lanes reg.GPVirtual
	c                        tileExp
	most                     Op
	m                        maxima
}

// exp returns the exponentials of a column, and keeps them where there is an e.
func (x *tileRows) exp(off reg.GPVirtual, i int) (y reg.VecVirtual) {
	y = x.g.vec()
	x.c.exp(nth(x.z, off, i, x.g), y)
	if x.e != nil {
		x.g.store(y, nth(x.e, off, i, x.g))
	}
	return y
}

// columnTerms returns what is summed up of column i behind the one at off beside the exponentials,
// of which those of first, the maxima, are left out.
type columnTerms func(off reg.GPVirtual, i int) (terms []reg.VecVirtual, first mask)

// logits returns those of column i behind the one at off, and the rows whose first maximum is
// there.
func (x *tileRows) logits(off reg.GPVirtual, i int) (z reg.VecVirtual, first mask) {
	z = x.g.vec()
	x.g.load(nth(x.z, off, i, x.g), z)
	return z, x.g.first(x.m, z)
}

// column is logits, less M.
func (x *tileRows) column(off reg.GPVirtual, i int) (less reg.VecVirtual, first mask) {
	less, first = x.logits(off, i)
	x.g.sub(x.most, less, less)
	return less, first
}

// pairSums emits sums of the exponentials of every column, which exp emits, and of what terms
// returns: column i behind the one at off. Two columns are added up before they are added to the
// sums. With after, terms takes what exp has emitted.
func (g isa) pairSums(k, lanes reg.GPVirtual, to []running, exp func(off reg.GPVirtual, i int) (y reg.VecVirtual),
	terms columnTerms, after bool) {
	g.columnPairs(k, func(off reg.GPVirtual, n int) {
		if g.avx512 {
			g.pairAtOnce(n, to, func(i int) reg.VecVirtual { return exp(off, i) },
				func(i int) ([]reg.VecVirtual, mask) { return terms(off, i) }, after)
			return
		}
		var sums []reg.VecVirtual
		kept := make([]Op, len(to)) // of the first column, in memory as registers are few
		for i := range n {
			y := exp(off, i)
			others, first := terms(off, i)
			g.drop(first, y)
			sums = append([]reg.VecVirtual{y}, others...)
			for j, v := range sums {
				if i > 0 {
					g.add(kept[j], v, v)
				} else if n > 1 {
					kept[j] = g.parkLane(v, lanes, []string{"Odds", "Mass", "Less"}[j])
				}
			}
		}
		for j, to := range to {
			g.addTo(to, sums[j])
		}
	})
}

// pairAtOnce is pairSums of n columns. What need not wait for the exponentials, which come out of
// long chains, is emitted in turns with them.
func (g isa) pairAtOnce(n int, to []running, exp func(i int) reg.VecVirtual,
	terms func(i int) ([]reg.VecVirtual, mask), after bool) {
	y, firsts := make([]reg.VecVirtual, n), make([]mask, n)
	bodies := []func(){func() {
		var sums []reg.VecVirtual
		for i := range n {
			others, first := terms(i)
			if i > 0 {
				for j, v := range others {
					g.add(sums[j], v, v)
				}
			}
			sums, firsts[i] = others, first
		}
		for j, v := range sums {
			g.addTo(to[j+1], v)
		}
	}}
	for i := range n {
		bodies = append(bodies, func() { y[i] = exp(i) })
	}
	if after {
		interleave(bodies[1:]...)
		bodies[0]()
	} else {
		interleave(bodies...)
	}
	for i, v := range y {
		g.drop(firsts[i], v)
	}
	if n > 1 {
		g.add(y[0], y[1], y[1])
	}
	g.addTo(to[0], y[n-1])
}

// labelSums emits the sums of a tile with labels, and returns the signs of these, too. exp and
// column return the exponentials of a column and the others what tileRows.column does, with after
// when exp has been emitted.
func (x *tileRows) labelSums(exp func(off reg.GPVirtual, i int) reg.VecVirtual,
	column func(off reg.GPVirtual, i int) (less reg.VecVirtual, first mask), after bool) (
	s crossEntropySums, signs reg.VecVirtual) {
	g, zero := x.g, x.g.hold(0)
	s = crossEntropySums{r: g.compensated(), others: g.compensated(), dot: g.running(1)[0], own: g.zeros(1)[0]}
	signs = g.zeros(1)[0]
	to := []running{s.r, s.others, s.dot}
	g.pairSums(x.k, x.lanes, to, exp, func(off reg.GPVirtual, i int) ([]reg.VecVirtual, mask) {
		d, first := column(off, i)
		lab := g.vec()
		g.load(nth(x.t, off, i, g), lab)
		g.or(lab, signs, signs)
		g.blend(first, lab, s.own)
		g.drop(first, lab)
		if x.c.near {
			g.mul(lab, d, d)
		} else {
			g.mulWhere(g.cmp(neqUQ, zero, lab), lab, d)
		}
		return []reg.VecVirtual{lab, d}, first
	}, after)
	return s, signs
}

// columnGradients makes the gradients of x of the exponentials: f (mass p - t), at a maximum of p >
// 1/2 f (others - mass q). top has the exponentials of these.
func (g isa) columnGradients(e, t, k reg.GPVirtual, x crossEntropyResults, top reg.VecVirtual) {
	g.columns(k, func(off reg.GPVirtual) {
		y, lab := g.vec(), g.vec()
		g.load(col(e, off), y)
		g.load(col(t, off), lab)
		g.gradient(y, lab, top, x)
		g.store(y, col(e, off))
	})
}

// storeDoubles stores the lanes of x, or of x + y, in memory of float64.
func (g isa) storeDoubles(x, y Op, to Mem) {
	doubles := func(x Op) []reg.VecVirtual {
		if g.f64 {
			return []reg.VecVirtual{g.loaded(x)}
		}
		return g.halves(g.loaded(x))
	}
	wide := g
	wide.f64 = true
	parts := doubles(x)
	if y != nil {
		for i, v := range doubles(y) {
			wide.add(v, parts[i], parts[i])
		}
	}
	for _, v := range parts {
		g.store(v, to)
		to.Disp += g.column()
	}
}

// crossEntropySums are what the columns of a tile have been summed up to: the exponentials but that
// of the maximum, the labels but its own, that, and Σ t (z - M); bad are the rows with an invalid
// label.
type crossEntropySums struct {
	r, others, dot running
	own            reg.VecVirtual
	under          Op // what the exponential of M has lost, nil for what is not known
	bad            mask
	hot            bool // the label is 1 of a class, 0 of others
	reach          reach
}

// sumPlace is a sum and the lane in which a tile keeps it.
type sumPlace struct {
	lane string
	v    *reg.VecVirtual
}

// places returns where the sums of a tile lie.
func (s *crossEntropySums) places() []sumPlace {
	return []sumPlace{{"Odds", &s.r.sum}, {"Lost", &s.r.lost}, {"Mass", &s.others.sum}, {"Less", &s.others.lost},
		{"High", &s.dot.sum}, {"Added", &s.dot.lost}, {"P", &s.own}}
}

// keepSums stores the sums of a tile in its lanes.
func (g isa) keepSums(lanes reg.GPVirtual, s crossEntropySums) {
	for _, sum := range s.places() {
		if *sum.v != nil {
			g.store(*sum.v, g.lane(lanes, sum.lane))
		}
	}
}

// exponentials returns those of places that are of exponentials.
func (s *crossEntropySums) exponentials() []sumPlace { return s.places()[:2] }

// labels returns the others: of an index, or of float64, dot is the sum alone, see [isa.running].
func (s *crossEntropySums) labels(f64 bool) (places []sumPlace) {
	for _, p := range s.places()[2:] {
		if !(p.lane == "Added" && (s.hot || f64)) {
			places = append(places, p)
		}
	}
	return places
}

// loadSums loads sums from where they lie.
func (g isa) loadSums(lanes reg.GPVirtual, places []sumPlace) {
	for _, sum := range places {
		*sum.v = g.vec()
		g.load(g.lane(lanes, sum.lane), *sum.v)
	}
}

// keptSums returns the sums that keepSums has stored.
func (g isa) keptSums(lanes reg.GPVirtual, index bool) crossEntropySums {
	s := crossEntropySums{under: g.lane(lanes, "Under"), bad: g.noLanes(), hot: index}
	g.loadSums(lanes, append(s.exponentials(), s.labels(g.f64)...))
	return s
}

// crossEntropyResults are the losses, the bits of the rows with an invalid label or too large a
// factor, and what gradients are made of: (coef + low) e - f t, or q at a maximum of p > 1/2, in
// the rows of sure.
type crossEntropyResults struct {
	loss, coef, low, f, q reg.VecVirtual
	sure                  mask
	bad                   reg.GPVirtual
}

// crossEntropyNumbers emits the results, with grad what gradients are made of, too. exp(M) 2^-shift
// comes in the lane Coef, the factors in scale.
func (g isa) crossEntropyNumbers(lanes reg.GPVirtual, scale Op, s crossEntropySums, grad bool) (
	x crossEntropyResults) {
	r, others, bad, own := s.r, s.others, s.bad, s.own
	var coef, low, f Op
	mass, ea := g.vec(), g.vec()
	g.load(g.lane(lanes, "Coef"), ea)
	all := g.totalOf(ea, s.under, r, func(v reg.VecVirtual, name string) Op { return g.parkLane(v, lanes, name) })
	if grad {
		var less reg.VecVirtual
		mass, less = g.massOf(s)
		scale := g.loaded(scale)
		g.orInto(g.tooLarge(mass, scale, g.mostMass(lanes, s)), bad)
		f = g.park(scale)
		coef, low = g.coefficients(mass, less, f, all)
	} else {
		g.add(g.value(others), own, mass)
		g.orInto(g.cmp(nltUQ, g.mostMass(lanes, s), mass), bad)
	}
	x.bad = g.maskBits(bad)
	log, inv, q, _ := g.logOddsOf(r, ea, all)
	half := g.vec()
	g.load(g.constant(0.5), half)
	x.sure = g.cmp(gtOQ, half, inv) // one maximum, and p_a > 1/2
	if grad {                       // and others - mass q is of smaller numbers than mass p - t
		x.sure = g.sureOf(x.sure, mass, inv, q, own, others.sum)
	}
	g.store(log, g.lane(lanes, "Log"))
	// loss = mass log1p(r) - dot
	g.msub(g.value(s.dot), mass, log)
	x.loss = log
	if grad {
		x.coef, x.low, x.f, x.q = g.loaded(coef), g.loaded(low), g.loaded(f), q
		g.rsub(others.sum, mass, q)
		g.mul(x.f, q, q) // q = f (others - q mass)
	}
	return x
}

// reach says which rows are known to be near.
type reach int

const (
	anyReach   reach = iota // none
	lanesReach              // those of which the lanes Max and Low say so
	nearReach               // all
)

// mayShow reports whether labels of large mass may show the digits that a denormal p has lost.
func (s crossEntropySums) mayShow(g isa) bool { return !(g.f64 || s.hot || s.reach == nearReach) }

// mostMass returns the most that Σ t may be, times f or not: less in rows in which it would show
// the digits that a denormal p has lost.
func (g isa) mostMass(lanes reg.GPVirtual, s crossEntropySums) (most reg.VecVirtual) {
	switch lift := g.constant(mostLift); {
	case !s.mayShow(g):
		return g.largestMass()
	case s.reach == lanesReach:
		most = g.largestMass()
		g.blend(g.farLanes(g.lane(lanes, "Max"), g.lane(lanes, "Low")), g.loaded(lift), most)
		return most
	default:
		return g.loaded(lift)
	}
}

// massOf returns Σ t, and what that has lost. s.others.sum is then the value of s.others.
func (g isa) massOf(s crossEntropySums) (mass, less reg.VecVirtual) {
	if mass = g.vec(); s.hot {
		g.load(g.constant(1), mass)
		return mass, g.zeros(1)[0]
	}
	less = g.normalize(s.others)
	lost := g.vec()
	g.twoSum(s.others.sum, s.own, mass, lost)
	g.add(lost, less, less)
	return mass, less
}

// largestMass returns a quarter of the largest number: what mass f may be, so that a gradient is
// one.
func (g isa) largestMass() reg.VecVirtual { return g.loaded(g.constant(g.largestNumber() / 4)) }

// tooLarge returns the rows of which mass, or mass f, is no number or more than most.
func (g isa) tooLarge(mass, f, most reg.VecVirtual) mask {
	size := g.vec()
	g.load(g.abs(), size)
	g.and(f, size, size)
	g.max(g.constant(1), size, size)
	g.mul(mass, size, size)
	return g.cmp(nltUQ, most, size)
}

// coefficients returns f (x + less)/s, parked, and what that has lost.
func (g isa) coefficients(x, less reg.VecVirtual, f Op, s rowTotal) (coef, low Op) {
	quotient, product := g.vec(), g.vec()
	g.move(x, quotient)
	g.overTotal(quotient, less, s)
	g.mul(f, quotient, product)
	g.mul(f, less, less)
	g.msub(product, g.loaded(f), quotient) // what the product has lost
	g.add(quotient, less, less)
	return g.park(product), g.park(less)
}

// combined makes (coef + low) y - lab of the exponentials y, lab the labels times f. It overwrites
// lab.
func (g isa) combined(y, lab, coef, low reg.VecVirtual) {
	g.msub2(y, low, lab)
	g.horner(lab, coef, y)
}

// rowTotal is the sum of a row's exponentials, what that has lost, and its inverse, parked.
type rowTotal struct {
	sum, lost, inverse Op
	under              Op // what the exponential of M has lost, or nil
}

// totalOf returns that of ea, which has lost under, and r, of which it keeps what the sum and they
// have lost, parked.
func (g isa) totalOf(ea reg.VecVirtual, under Op, r running, park func(v reg.VecVirtual, lane string) Op) rowTotal {
	s, lost, small, inverse := g.vec(), g.vec(), g.vec(), g.vec()
	g.add(ea, r.sum, s)
	g.load(g.constant(1), inverse)
	g.div(s, inverse, inverse)
	g.max(ea, r.sum, lost)
	g.min(ea, r.sum, small)
	g.sub(s, lost, lost)
	g.add(small, lost, lost)
	g.add(r.lost, lost, lost)
	if under != nil {
		g.add(under, lost, lost)
	}
	return rowTotal{park(s, "Scale"), park(lost, "Rest"), park(inverse, "Top"), under}
}

// overTotal divides x + less, less what x has lost, by s.
func (g isa) overTotal(x, less reg.VecVirtual, s rowTotal) {
	whole := g.vec()
	g.move(x, whole)
	g.mul(s.inverse, x, x)
	g.nmadd(s.sum, x, whole) // what the quotient has lost
	g.add(whole, less, less)
	g.nmadd(s.lost, x, less)
	g.mul(s.inverse, less, less)
}
