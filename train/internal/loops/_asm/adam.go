package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adam writes the step of the optimizer. Every operation is that of the loop in Go, in its order;
// there is no FMA in it.
func adam() {
	function("adamAVX2", "func(common, value, m, v, grad *float32, n int)",
		"makes the step on n elements, n a multiple of 8 above 0; common are Rate, Eps, Scale, L2, Keep.")
	common := pointer("common")
	number := func(i int) reg.VecVirtual {
		x := YMM()
		VBROADCASTSS(Mem{Base: common, Disp: 4 * i}, x)
		return x
	}
	rate, eps, scale, l2, keep := number(0), number(1), number(2), number(3), number(4)
	b1, c1 := constant("beta1", 0.9), constant("rest1", 1-0.9)
	b2, c2 := constant("beta2", 0.999), constant("rest2", 1-0.999)
	magnitude, tiny := bits("magnitude", math.MaxInt32), bits("tiny", 1<<23-1)
	value, m, v, grad := pointer("value"), pointer("m"), pointer("v"), pointer("grad")
	elements(pointer("n"), 8, func(i reg.Register) {
		x, g, t, mi, vi := YMM(), YMM(), YMM(), YMM(), YMM()
		VMOVUPS(single(value, i), x)
		VMULPS(single(grad, i), scale, g)
		VMULPS(l2, x, t)
		VADDPS(t, g, g)
		VMULPS(keep, x, x)

		VMULPS(single(m, i), b1, mi)
		VMULPS(g, c1, t)
		VADDPS(t, mi, mi)
		normal(mi, magnitude, tiny)
		VMOVUPS(mi, single(m, i))

		VMULPS(single(v, i), b2, vi)
		VMULPS(g, g, t)
		VMULPS(t, c2, t)
		VADDPS(t, vi, vi)
		normal(vi, magnitude, tiny)
		VMOVUPS(vi, single(v, i))

		VSQRTPS(vi, vi)
		VADDPS(eps, vi, vi)
		VMULPS(mi, rate, mi)
		VDIVPS(vi, mi, mi)
		VSUBPS(mi, x, x)
		VMOVUPS(x, single(value, i))
	})
	end()
}

// normal makes 0 of what is below the smallest normal number, by its bits.
func normal(x, magnitude, tiny reg.VecVirtual) {
	t := YMM()
	VPAND(magnitude, x, t)
	VPCMPGTD(tiny, t, t)
	VPAND(t, x, x)
}
