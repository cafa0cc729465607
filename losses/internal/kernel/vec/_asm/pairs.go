package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Rows of two classes: their softmax is that of an element whose logit is the difference, so that
// they take one exponential, and one logarithm without an odds ratio.

// pairCrossEntropy emits tileCrossEntropy for rows of two classes where they lie, with AVX-512 for
// float32: two vectors of them are as many rows as a vector has lanes.
func (g isa) pairCrossEntropy(grad bool) {
	if grad {
		g.text("pairCrossEntropyGrad",
			"func(e, z, t *T, index *int, tiles int, f *T, step int, loss *float64, declined *uint32)",
			"is tileCrossEntropyGrad for tiles of W rows of two elements where they lie, and of the classes index where t "+
				"is nil.")
	} else {
		g.text("pairCrossEntropy", "func(z, t *T, index *int, tiles int, loss *float64, declined *uint32)",
			"is pairCrossEntropyGrad without the gradients.")
	}
	z, t, index, tiles := g.param("z"), g.param("t"), g.param("index"), g.param("tiles")
	loss, declined, step := g.param("loss"), g.param("declined"), GP64()
	x := pairs{g: g, c: g.questionConsts(sigmoidCrossEntropy), z: z, loss: loss, declined: declined}
	x.emit = sigmoidCrossEntropy.prepare(g, x.c, nil)
	if grad {
		x.e, x.f, step = g.param("e"), [2]reg.GPVirtual{g.param("f"), GP64()}, g.param("step")
	}
	for i := range 2 {
		x.in[i] = g.permutations(2, func(j int) int { return 2*j + i })[0]
		x.out[i] = g.permutations(2, func(j int) int { return j%2*g.lanes() + (i*g.lanes()+j)/2 })[0]
	}
	given, done := label("given"), label("done")
	TESTQ(t, t)
	JNE(LabelRef(given))
	each := func(labels func(i int) (first, second reg.VecVirtual), from reg.GPVirtual, size int) {
		x := x
		x.hot = from != t
		two, one, end := label("two"), label("one"), label("end")
		after := func(n int) {
			if grad {
				ADDQ(U32(uint32(2*n*g.column())), x.e)
				LEAQ(Mem{Base: x.f[0], Index: step, Scale: uint8(n)}, x.f[0])
			}
			ADDQ(U32(uint32(2*n*g.column())), z)
			ADDQ(U32(uint32(n*size)), from)
			ADDQ(U32(uint32(8*n*g.lanes())), loss)
			ADDQ(Imm(uint64(4*n)), declined)
			SUBQ(Imm(uint64(n)), tiles)
		}
		Label(two)
		CMPQ(tiles, Imm(2))
		JLT(LabelRef(one))
		if grad {
			LEAQ(Mem{Base: x.f[0], Index: step, Scale: 1}, x.f[1])
		}
		interleave(func() { x.tile(0, labels) }, func() { x.tile(1, labels) })
		after(2)
		JMP(LabelRef(two))
		Label(one)
		TESTQ(tiles, tiles)
		JEQ(LabelRef(end))
		x.tile(0, labels)
		after(1)
		Label(end)
	}
	each(func(i int) (first, second reg.VecVirtual) {
		second = g.classes(index, i*8*g.lanes())
		first = g.vec()
		g.other(second, first)
		return first, second
	}, index, 8*g.lanes())
	JMP(LabelRef(done))
	Label(given)
	each(func(i int) (first, second reg.VecVirtual) { return x.columns(t, i) }, t, 2*g.column())
	Label(done)
	g.ret()
}

// pairs is what the kernels of rows of two classes hold: pointers, and which lanes of two vectors
// of rows are the columns, and the other way round.
type pairs struct {
	g                    isa
	c                    questionConsts
	emit                 questionLoss
	e, z, loss, declined reg.GPVirtual
	f                    [2]reg.GPVirtual
	hot                  bool // labels are those of classes
	in, out              [2]reg.VecVirtual
}

// columns loads the columns of tile i.
func (x pairs) columns(p reg.GPVirtual, i int) (first, second reg.VecVirtual) {
	g := x.g
	first, second = g.vec(), g.vec()
	g.load(Mem{Base: p, Disp: 2 * i * g.column()}, first)
	g.move(first, second)
	for j, v := range []reg.VecVirtual{first, second} {
		g.pick(VPERMT2PS, VPERMT2PD, Mem{Base: p, Disp: (2*i + 1) * g.column()}, x.in[j], v)
	}
	return first, second
}

// tile emits the losses and gradients of tile i.
func (x pairs) tile(i int, labels func(i int) (first, second reg.VecVirtual)) {
	g := x.g
	a, b := x.columns(x.z, i)
	size := g.loaded(g.abs())
	g.and(a, size, size)
	most := g.loaded(g.abs())
	g.and(b, most, most)
	g.max(most, size, size) // that of the first one, where it is NaN
	bad := g.noLanes()
	g.load(g.constant(g.bound()), most)
	g.orInto(g.cmp(nltUQ, most, size), bad)
	d, less := g.difference(b, a)
	positive := g.cmp(gtOQ, g.constant(0), d)
	limit := g.largestMass()
	if !x.hot { // see mostMass
		apart := g.loaded(g.abs())
		g.and(d, apart, apart)
		g.blend(g.cmp(gtOQ, g.constant(g.gap()), apart), g.loaded(g.constant(mostLift)), limit)
	}
	q := g.question(x.c, d, less)
	q.positive = func() mask { return positive }
	var mass reg.VecVirtual
	var signs reg.GPVirtual
	loss, slope := x.emit(q, func() (yes, no reg.VecVirtual) {
		no, yes = labels(i)
		mass = g.vec()
		g.or(yes, no, mass)
		signs = g.signBits(mass)
		g.add(yes, no, mass)
		return yes, no
	})
	if x.e == nil {
		g.orInto(g.cmp(nltUQ, limit, mass), bad)
	} else {
		f, other := g.vec(), g.vec()
		g.load(Mem{Base: x.f[i]}, f)
		g.orInto(g.tooLarge(mass, f, limit), bad)
		g.mul(f, slope, slope)
		g.load(g.constant(math.Copysign(0, -1)), other)
		g.pick(VXORPS, VXORPD, slope, other, other)
		for j, table := range x.out {
			v := g.vec()
			g.move(other, v)
			g.pick(VPERMT2PS, VPERMT2PD, slope, table, v)
			g.store(v, Mem{Base: x.e, Disp: (2*i + j) * g.column()})
		}
	}
	ORL(g.maskBits(bad), signs)
	MOVL(signs, Mem{Base: x.declined, Disp: 4 * i})
	for j, v := range g.halves(loss) {
		g.store(v, Mem{Base: x.loss, Disp: (2*i + j) * g.column()})
	}
}
