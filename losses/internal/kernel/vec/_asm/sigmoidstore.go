package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What the kernels of elements store.

// putLoss stores vector v of the losses at i.
func (g isa) putLoss(x reg.VecVirtual, p, i reg.GPVirtual, v int, m *mask) {
	if g.f64 {
		g.putFloat64(x, p, i, v, m)
		return
	}
	wide := isa{avx512: g.avx512, f64: true}
	for half, y := range g.halves(x) {
		to := at(p, i, wide, (2*v+half)*wide.bytes())
		if m == nil {
			g.store(y, to)
			continue
		}
		wide.storeTail(y, g.halfMask(*m, half), to)
	}
}

// heldFactor is held of a factor of gradients, in the type of the elements.
func (g isa) heldFactor(name string) Op {
	if !g.narrow {
		return g.held(name)
	}
	x, v := XMM(), g.half()
	VXORPS(x, x, x)
	VCVTSD2SS(g.arg(name), x, x)
	VBROADCASTSS(x, v)
	return g.park(v)
}

// half returns a register for a vector of float32 in memory that is one of float64 here.
func (g isa) half() reg.VecVirtual {
	if g.avx512 {
		return YMM()
	}
	return XMM()
}

// putScaled stores vector v of the gradients at i: d times scale, and times its own factor where
// scales is not nil, in the type of the elements.
func (g isa) putScaled(d reg.VecVirtual, scale Op, scales *reg.GPVirtual, grad, i reg.GPVirtual, v int, m *mask) {
	to, y := at(grad, i, g, v*g.bytes()), d
	if g.narrow {
		y = g.narrowed(d)
		VMULPS(scale, y, y)
	} else {
		g.mul(scale, y, y)
	}
	if scales != nil {
		common := label("common")
		TESTQ(*scales, *scales)
		JEQ(LabelRef(common))
		g.timesOwn(y, at(*scales, i, g, v*g.bytes()), m)
		Label(common)
	}
	switch {
	case !g.narrow:
		g.put(y, grad, i, v, m)
	case m == nil:
		VMOVUPS(y, to)
	case g.avx512:
		VMOVUPS(y, m.op, to)
	default:
		VMASKMOVPS(y, m.memory, to)
	}
}

// timesOwn multiplies y, in the type of the elements, by the factors there.
func (g isa) timesOwn(y reg.VecVirtual, from Mem, m *mask) {
	switch {
	case g.narrow && m == nil:
		VMULPS(from, y, y)
	case g.narrow && g.avx512:
		f := g.half()
		VMOVUPS_Z(from, m.op, f)
		VMULPS(f, y, y)
	case g.narrow:
		f := g.half()
		VMASKMOVPS(from, m.memory, f)
		VMULPS(f, y, y)
	case m == nil:
		g.mul(from, y, y)
	default:
		f := g.vec()
		g.loadTail(from, *m, f)
		g.mul(f, y, y)
	}
}
