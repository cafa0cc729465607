package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// reduce combines the lanes of v with op into the lowest of an XMM register.
func (g isa) reduce(v reg.VecVirtual, op func(a, b, dst Op)) reg.VecVirtual {
	y := v.AsY()
	if g.avx512 {
		h := YMM()
		VEXTRACTF64X4(Imm(1), v, h)
		op(h, y, h)
		y = h
	}
	x := XMM()
	if g.avx512 {
		VEXTRACTF64X2(Imm(1), y, x)
	} else {
		VEXTRACTF128(Imm(1), y, x)
	}
	op(x, y.(interface{ AsX() reg.Register }).AsX(), x)
	t := XMM()
	VPERMILPD(Imm(1), x, t)
	op(t, x, x)
	if !g.f64 {
		VMOVSHDUP(x, t)
		op(t, x, x)
	}
	return x
}

// totals adds up the lanes of each of W vectors of float64 into a lane.
func (g isa) totals(vs []reg.VecVirtual) reg.VecVirtual {
	var half [2]reg.VecVirtual // of the even vectors and of the odd ones, two lanes each
	for i := range half {
		var left []reg.VecVirtual
		for j := i; j < len(vs); j += 2 {
			left = append(left, vs[j])
		}
		for len(left) > 1 {
			x, y := g.halvesOf(left[0], left[1], len(left) == 2)
			g.add(y, x, x)
			left = append(left[2:], x)
		}
		half[i] = left[0]
	}
	c := g.transpose(half[:])
	g.add(c[1], c[0], c[0])
	return c[0]
}

// total adds up the lanes of all vectors.
func (g isa) total(vs []reg.VecVirtual) reg.VecVirtual {
	for len(vs) > 1 {
		g.add(vs[len(vs)-1], vs[0], vs[0])
		vs = vs[:len(vs)-1]
	}
	return g.reduce(vs[0], g.add)
}

// running is a sum with what its roundings have lost (Dekker 1971), so that a long row of small
// numbers beside a large one counts; or the sum alone, where lost is nil.
type running struct{ sum, lost reg.VecVirtual }

// running returns n sums, of float64 without what is lost.
func (g isa) running(n int) []running {
	rs := make([]running, n)
	for i := range rs {
		if rs[i] = (running{sum: g.zeros(1)[0]}); !g.f64 {
			rs[i].lost = g.zeros(1)[0]
		}
	}
	return rs
}

// compensated returns a sum with what is lost, for any type: for the columns of a tile, which are
// added one after the other.
func (g isa) compensated() running {
	v := g.zeros(2)
	return running{v[0], v[1]}
}

// addTo adds y to r. The next sum does not wait for what this one has lost.
func (g isa) addTo(r running, y Op) {
	if r.lost == nil {
		g.add(y, r.sum, r.sum)
		return
	}
	t, d := g.vec(), g.vec()
	g.add(y, r.sum, t)
	g.sub(t, r.sum, d)
	g.add(y, d, d)
	g.add(d, r.lost, r.lost)
	g.move(t, r.sum)
}

// addSquare adds x² to r.
func (g isa) addSquare(r running, x reg.VecVirtual) {
	t, d := g.vec(), g.vec()
	g.move(r.sum, t)
	g.madd(x, x, t)
	g.sub(r.sum, t, d)
	g.move(t, r.sum)
	g.msub2(x, x, d)
	g.add(d, r.lost, r.lost)
}

// folded is a running sum to which four vectors are added at a time, for the price of one: inner
// takes them, where registers allow by twos, and fold adds it to the sum, which lies in memory
// where they are few.
type folded struct {
	inner     [2]reg.VecVirtual // one register, or two
	sum, lost Op
	first     [2]reg.VecVirtual // what take has not added yet
}

func (g isa) folded(twos bool) folded {
	v := g.zeros(1)[0]
	inner := [2]reg.VecVirtual{v, v}
	if twos {
		inner[1] = g.zeros(1)[0]
	}
	if g.avx512 && !g.f64 {
		return folded{inner: inner, sum: g.zeros(1)[0], lost: g.zeros(1)[0]}
	}
	return folded{inner: inner, sum: g.spill(inner[0]), lost: g.spill(inner[0])}
}

// take adds y, vector v of four that are added one after the other, to the inner sum, which is 0
// before the first: each register's first vector is only added with its second one.
func (g isa) take(x *folded, v int, y reg.VecVirtual) {
	n, to := 2, x.inner[v%2]
	if x.inner[0] == x.inner[1] {
		n = 1
	}
	switch {
	case v < n:
		x.first[v] = y
	case v < 2*n:
		g.add(y, x.first[v%n], to)
	default:
		g.add(y, to, to)
	}
}

func (g isa) fold(x folded) {
	if x.inner[0] != x.inner[1] {
		g.add(x.inner[1], x.inner[0], x.inner[0])
		g.zero(x.inner[1])
	}
	g.foldInto(x.inner[0], x.sum, x.lost)
}

// foldInto moves inner to sum, and to lost what that loses.
func (g isa) foldInto(inner reg.VecVirtual, total, lost Op) {
	sum, t, d := g.vec(), g.vec(), g.vec()
	g.load(total, sum)
	g.add(inner, sum, t)
	g.load(t, total)
	g.sub(t, sum, d)
	g.add(inner, d, d)
	g.add(lost, d, d)
	g.load(d, lost)
	g.zero(inner)
}

// foldedTotal adds up the lanes of x, in float64.
func (g isa) foldedTotal(x folded) reg.VecVirtual {
	g.fold(x)
	return g.outerTotal(x)
}

// outerTotal is foldedTotal where all has been folded.
func (g isa) outerTotal(x folded) reg.VecVirtual {
	return g.runningTotal([]running{{g.loaded(x.sum), g.loaded(x.lost)}})
}

// finiteTotal is foldedTotal of what is NaN where it is infinite. What was not folded is added in
// float64, too, for which nothing waits as long.
func (g isa) finiteTotal(x folded) reg.VecVirtual {
	if g.f64 {
		return g.foldedTotal(x)
	}
	if x.inner[0] != x.inner[1] {
		g.add(x.inner[1], x.inner[0], x.inner[0])
	}
	var sums []reg.VecVirtual
	wide := isa{avx512: g.avx512, f64: true}
	for _, x := range []Op{x.inner[0], x.sum, x.lost} {
		sums = append(sums, wide.sumOf(g.halves(g.loaded(x))...))
	}
	return wide.reduce(wide.sumOf(sums...), wide.add)
}

// sumOf adds up all vectors.
func (g isa) sumOf(vs ...reg.VecVirtual) reg.VecVirtual {
	for _, v := range vs[1:] {
		g.add(v, vs[0], vs[0])
	}
	return vs[0]
}

// blocked is a sum of terms in float64: those of [inBlock] vectors go to inner, and that to sum, of
// which lost is what its roundings have lost. Those of float32 need no blocks: sum is nil.
type blocked struct {
	inner     reg.VecVirtual
	sum, lost Op
}

// inBlock is how many vectors are added up one after the other: of terms that are equal each loses
// the same.
const inBlock = 16

func (g isa) blocked() blocked {
	x := blocked{inner: g.zeros(1)[0]}
	if !g.narrow {
		x.sum, x.lost = g.kept(x.inner), g.kept(x.inner)
	}
	return x
}

// betweenBlocks returns what ends blocks of sums, nil where there are none.
func (g isa) betweenBlocks(xs ...blocked) func() {
	if xs[0].sum == nil {
		return nil
	}
	return func() {
		for _, x := range xs {
			g.foldInto(x.inner, x.sum, x.lost)
		}
	}
}

// inAll returns the sum of x: the same with as many zeros more as there may be.
func (g isa) inAll(x blocked) reg.VecVirtual {
	if x.sum == nil {
		return x.inner
	}
	g.foldInto(x.inner, x.sum, x.lost)
	g.load(x.sum, x.inner)
	g.add(x.lost, x.inner, x.inner)
	return x.inner
}

// value returns r as one number in every lane.
func (g isa) value(r running) reg.VecVirtual {
	if r.lost != nil {
		g.dropInfinite(r)
		g.finite(r)
	}
	return r.sum
}

// finite is value of a compensated sum that is not infinite.
func (g isa) finite(r running) reg.VecVirtual {
	g.add(r.lost, r.sum, r.sum)
	return r.sum
}

// normalize makes r.sum the value of r, NaN where that is infinite, and returns what that has lost.
func (g isa) normalize(r running) (lost reg.VecVirtual) {
	lost = g.vec()
	g.move(r.sum, lost)
	g.finite(r)
	g.sub(r.sum, lost, lost)
	g.add(r.lost, lost, lost)
	return lost
}

// dropInfinite makes lost 0 where the sum is infinite: there it is no number.
func (g isa) dropInfinite(r running) {
	finite := g.vec()
	g.sub(r.lost, r.lost, finite)
	g.keep(g.cmp(eqOQ, finite, finite), r.lost, r.lost)
}

// runningTotal adds up the lanes of all sums.
func (g isa) runningTotal(rs []running) reg.VecVirtual {
	var vs []reg.VecVirtual
	for _, r := range rs {
		vs = append(vs, r.sum)
		if r.lost != nil {
			g.dropInfinite(r)
			vs = append(vs, r.lost)
		}
	}
	return g.doubleTotal(vs)
}

// doubleTotal is total, in float64 once it is across lanes.
func (g isa) doubleTotal(vs []reg.VecVirtual) reg.VecVirtual {
	if g.f64 {
		return g.total(vs)
	}
	wide := g
	wide.f64 = true
	var halves []reg.VecVirtual
	for _, v := range vs {
		halves = append(halves, g.halves(v)...)
	}
	return wide.total(halves)
}

// doubles returns the lanes of x as vectors of float64.
func (g isa) doubles(x reg.VecVirtual) []reg.VecVirtual {
	if g.f64 {
		return []reg.VecVirtual{x}
	}
	return g.halves(x)
}

// halves returns the lanes of x, float32, as two vectors of float64.
func (g isa) halves(x reg.VecVirtual) []reg.VecVirtual {
	lo, hi := g.vec(), g.vec()
	if g.avx512 {
		h := YMM()
		VEXTRACTF64X4(Imm(1), x, h)
		VCVTPS2PD(h, hi)
		VCVTPS2PD(x.AsY(), lo)
	} else {
		h := XMM()
		VEXTRACTF128(Imm(1), x, h)
		VCVTPS2PD(h, hi)
		VCVTPS2PD(x.AsX(), lo)
	}
	return []reg.VecVirtual{lo, hi}
}

// doubleResult stores the lowest lane of v, a float64.
func doubleResult(v reg.VecVirtual, name string) { VMOVSD(v.AsX(), address(Return(name))) }
