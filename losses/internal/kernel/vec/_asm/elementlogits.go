package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elementLogits emits the logits of elements, shifted and divided, as divide does.
func (g isa) elementLogits() {
	g.text("elementLogits", "func(dst *float64, z *T, s *float64, n int, t A) (bad uint32)",
		"stores (z + s)/t in dst, z/t where s is nil. bad != 0 when T does not hold one of a finite z.")
	dst, z, s, n, bad := g.param("dst"), g.param("z"), g.param("s"), g.param("n"), GP32()
	t, most, size, wrong := g.broadcast("t"), math.MaxFloat64, g.abs(), g.noLanes()
	if g.narrow {
		most = math.MaxFloat32
		one := g.loaded(g.constant(1))
		g.div(t, one, t)
	}
	each := func(shifted bool) {
		g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
			x, y := g.get(z, i, v, m), g.vec()
			g.move(x, y)
			if shifted {
				g.add(g.getFloat64(s, i, v, m), y, y)
			}
			if g.narrow {
				g.mul(t, y, y)
			} else {
				g.div(t, y, y)
			}
			g.putFloat64(y, dst, i, v, m)
			a, b := g.vec(), g.vec()
			g.load(size, a)
			g.and(a, x, x)
			g.load(size, b)
			g.and(b, y, y)
			g.orInto(g.maskAnd(g.cmp(ltOQ, g.infinity(1), x), g.cmp(gtOQ, g.constant(most), y)), wrong)
		})
	}
	plain, done := label("plain"), label("done")
	TESTQ(s, s)
	JEQ(LabelRef(plain))
	each(true)
	JMP(LabelRef(done))
	Label(plain)
	each(false)
	Label(done)
	MOVL(g.maskBits(wrong), bad)
	Store(bad, Return("bad"))
	g.ret()
}

// getPair loads vector v of p at i, where p points to float64, as float32 and what that has lost,
// with AVX-512.
func (g isa) getPair(p, i reg.GPVirtual, v int, m *mask) (x, low reg.VecVirtual) {
	wide := isa{avx512: true, f64: true}
	var near, lost [2]reg.VecVirtual
	for half := range 2 {
		from, y, back := at(p, i, wide, (2*v+half)*wide.bytes()), wide.vec(), wide.vec()
		if m == nil {
			wide.load(from, y)
		} else {
			wide.loadTail(from, g.halfMask(*m, half), y)
		}
		near[half] = wide.narrowed(y)
		VCVTPS2PD(near[half], back)
		emitted()
		wide.sub(back, y, y)
		lost[half] = wide.narrowed(y)
	}
	x, low = g.vec(), g.vec()
	VINSERTF64X4(Imm(1), near[1], near[0].AsZ(), x)
	emitted()
	VINSERTF64X4(Imm(1), lost[1], lost[0].AsZ(), low)
	emitted()
	return x, low
}
