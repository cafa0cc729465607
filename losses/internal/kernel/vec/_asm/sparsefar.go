package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What is left of the losses of sparse maps for rows of which a tile has the classes that may have
// a p: of the others p - t is -t, and the loss
//
//	Σ t (n²/(n+1) t^(1/n) - n g)

// sparseFar emits that, and what moves the tile's gradients to their classes.
func (g isa) sparseFar(n int) {
	g.text(sparseNames[n]+"Far",
		"func(grad *T, step int, labelGrad, z, t *T, k, rows int, e, labelE *T, at *int32, counts *int, "+
			"top, start, one, shift *float64, scale *T, loss *float64) (rejected uint32)",
		"adds to the losses of rows of k those of the classes that", sparseNames[n]+"Gather has left out, and stores scale "+
			"times the gradients, of each row step elements behind the last, and, unless labelGrad is nil, those by the labels:",
		"of the classes in at what is in e and labelE. rejected has the bits of the rows with an invalid label or a loss "+
			"that is not finite.")
	x, all, next := nearLists{isa: g, in: g.elements(), row: GP64()}, GP32(), label("row")
	XORL(all, all)
	XORQ(x.row, x.row)
	Label(next)
	rejected := x.far(n)
	SHLXL(x.row.As32(), rejected, rejected)
	ORL(rejected, all)
	labels := g.param("labelGrad")
	x.scatter(g.param("grad"), "e", 0)
	where(labels, func() { x.scatter(labels, "labelE", 0) })
	step := g.param("step")
	SHLQ(Imm(uint64(log2(g.size()))), step)
	ADDQ(step, address(Param("grad")))
	step = g.param("k")
	SHLQ(Imm(uint64(log2(g.size()))), step)
	ADDQ(step, address(Param("z")))
	ADDQ(step, address(Param("t")))
	where(labels, func() { ADDQ(step, address(Param("labelGrad"))) })
	INCQ(x.row)
	CMPQ(x.row, g.param("rows"))
	JLT(LabelRef(next))
	Store(all, Return("rejected"))
	g.ret()
}

// far emits the row's part of sparseFar, but what at says.
func (x *nearLists) far(n int) (rejected reg.GPVirtual) {
	g := x.isa
	s := sparse{isa: g, n: n, classes: "k", total: g.sumOfLanes}
	s.top, s.start = x.ofRow("top"), x.ofRow("start")
	twice, shift := g.loaded(x.ofRow("one")), x.ofRow("shift") // n (one + shift)
	g.add(shift, twice, twice)
	if n == 2 {
		g.add(twice, twice, twice)
	}
	limit := s.limit()
	if g.narrow {
		wide := g.vec()
		VCVTPS2PD(limit, wide)
		limit = wide
	}
	factor, short := g.vec(), g.narrow && g.avx512
	if short {
		g.elements().bcast(x.number("scale", g.size()), factor)
	} else {
		g.fetchOne(x.number("scale", g.size()), factor)
	}
	v := g.zeros(3)
	zero, labels, signs := v[0], v[1], v[2]
	ng, least, f, terms := g.park(twice), g.park(limit), g.park(factor), g.blocked()
	z, t, grad, byLabel := g.param("z"), g.param("t"), g.param("grad"), g.param("labelGrad")
	g.blocks(g.param("k"), func(i reg.GPVirtual, v int, m *mask) {
		y, label := g.get(z, i, v, m), g.get(t, i, v, m)
		far := g.cmp(neqUQ, g.constant(0), label)
		g.keepWhere(far, ltOQ, least, y)
		g.or(label, signs, signs)
		g.add(label, labels, labels)
		if short { // f t is the same number when float32 computes it
			d := YMM()
			VMOVAPS(factor.AsY(), d)
			VFNMADD213PS(zero.AsY(), g.getElements(t, i, v, m), d)
			g.leaveElements(d, grad, i, v, m)
		} else {
			d := g.vec()
			g.load(f, d)
			g.rsub(zero, label, d)
			g.put(d, grad, i, v, m)
		}
		root := label
		if n == 2 {
			root = g.farRoot(t, i, v, m, label, far)
		}
		g.sub(s.top, y, y)
		g.add(ng, y, y)
		where(byLabel, func() {
			d := g.loaded(g.constant(float64(n)))
			g.msub(y, root, d)
			g.put(d, byLabel, i, v, m)
		})
		g.msub2(g.constant(float64(n*n)/float64(n+1)), root, y)
		g.maddWhere(far, y, label, terms.inner)
	}, g.betweenBlocks(terms))
	loss, unsettled := g.vec(), g.noLanes()
	g.bcast(x.number("loss", 8), loss)
	g.add(s.total(g.inAll(terms)), loss, loss)
	VMOVSD(loss.AsX(), x.number("loss", 8))
	g.notFinite(loss, unsettled)
	s.notOne(s.total(labels), unsettled)
	bits := g.maskBits(unsettled)
	ORL(g.signBits(signs), bits)
	rejected = GP32()
	XORL(rejected, rejected)
	TESTL(bits, bits)
	SETNE(rejected.As8())
	return rejected
}

// leaveElements stores the float32 of as many lanes as g has as vector v of p at i; with AVX-512.
func (g isa) leaveElements(x reg.VecVirtual, p, i reg.GPVirtual, v int, m *mask) {
	if m == nil {
		VMOVUPS(x, at(p, i, g, v*g.bytes()))
	} else {
		VMOVUPS(x, m.op, at(p, i, g, 0))
	}
}

// farRoot emits √t of labels, in float32 where that is what they are.
func (g isa) farRoot(t, i reg.GPVirtual, v int, m *mask, label reg.VecVirtual, far mask) reg.VecVirtual {
	root := g.vec()
	if !g.narrow {
		g.move(label, root)
		return g.labelRoot(root, far)
	}
	half := g.getElements(t, i, v, m)
	VSQRTPS(half, half)
	VCVTPS2PD(half, root)
	return root
}

// ofRow emits a number of the row, in all lanes.
func (x *nearLists) ofRow(name string) Op {
	v := x.vec()
	x.bcast(x.number(name, 8), v)
	return x.park(v)
}

// scatter emits what moves to the classes of the row what is in the tile, from a column on.
func (x *nearLists) scatter(to reg.GPVirtual, tile string, column int) {
	g, from, count, i, next, done := x.elementTile(), GP64(), GP64(), GP64(), label("class"), label("moved")
	classes, class := x.of("at", 4), GP64()
	MOVQ(x.number("counts", 8), count)
	LEAQ(x.number(tile, x.size()), from)
	XORQ(i, i)
	Label(next)
	CMPQ(i, count)
	JGE(LabelRef(done))
	MOVL(Mem{Base: classes, Index: i, Scale: 4}, class.As32())
	x.moveOne(Mem{Base: from, Disp: column * g.column()}, GP64(), at(to, class, x.isa, 0))
	ADDQ(Imm(uint64(g.column())), from)
	INCQ(i)
	JMP(LabelRef(next))
	Label(done)
}

// sparseScatter emits what stores the gradients of rows of an index.
func (g isa) sparseScatter() {
	g.text("sparseScatter", "func(grad *T, k, rows int, e *T, at *int32, counts, index *int)",
		"stores the gradients of rows of k: those in e, the first column being that of index and the others the classes in "+
			"at, and 0.")
	x, next := nearLists{isa: g, row: GP64()}, label("row")
	XORQ(x.row, x.row)
	Label(next)
	in, grad, k, own := g.elements(), g.param("grad"), g.param("k"), GP64()
	zero := in.zeros(1)[0]
	in.loop(k, 4, func(i reg.GPVirtual, v int, m *mask) { in.put(zero, grad, i, v, m) })
	x.scatter(grad, "e", 1)
	MOVQ(x.number("index", 8), own)
	g.moveOne(x.number("e", g.size()), GP64(), at(grad, own, g, 0))
	SHLQ(Imm(uint64(log2(g.size()))), k)
	ADDQ(k, address(Param("grad")))
	INCQ(x.row)
	CMPQ(x.row, g.param("rows"))
	JLT(LabelRef(next))
	g.ret()
}
