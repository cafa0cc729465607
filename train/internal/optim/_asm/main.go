// Command asm generates the amd64 kernels of package optim: see the go:generate line there.
package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Of a float32, and of eight.
const (
	size  = 4
	lanes = 8
)

func main() {
	ConstraintExpr("!purego")
	adam()
	Generate()
}

// adam writes the kernel. Every operation is that of the loop in Go, in its order, so that the bits are
// the same; there is no FMA in it.
func adam() {
	TEXT("adamAVX2", NOSPLIT, "func(common, value, m, v, grad *float32, n int)")
	Pragma("noescape")
	Doc("adamAVX2 makes the step on n elements, n a multiple of 8 above 0; common are Rate, Eps, Scale, L2, Keep.")
	common := Load(Param("common"), GP64())
	number := func(i int) reg.VecVirtual {
		x := YMM()
		VBROADCASTSS(Mem{Base: common, Disp: size * i}, x)
		return x
	}
	rate, eps, scale, l2, keep := number(0), number(1), number(2), number(3), number(4)
	b1, c1 := constant("beta1", 0.9), constant("rest1", 1-0.9)
	b2, c2 := constant("beta2", 0.999), constant("rest2", 1-0.999)
	magnitude, tiny := bits("magnitude", math.MaxInt32), bits("tiny", 1<<23-1)
	at := func(name string) reg.Register { return Load(Param(name), GP64()) }
	value, m, v, grad := at("value"), at("m"), at("v"), at("grad")
	n := Load(Param("n"), GP64())
	i := GP64()
	XORQ(i, i)

	Label("loop")
	element := func(p reg.Register) Mem { return Mem{Base: p, Index: i, Scale: size} }
	x, g, t := YMM(), YMM(), YMM()
	VMOVUPS(element(value), x)
	VMOVUPS(element(grad), g)
	VMULPS(scale, g, g)
	VMULPS(l2, x, t)
	VADDPS(t, g, g)
	VMULPS(keep, x, x)
	mi, vi := YMM(), YMM()
	VMULPS(element(m), b1, mi)
	VMULPS(g, c1, t)
	VADDPS(t, mi, mi)
	normal(mi, magnitude, tiny)
	VMOVUPS(mi, element(m))

	VMULPS(element(v), b2, vi)
	VMULPS(g, g, t)
	VMULPS(t, c2, t)
	VADDPS(t, vi, vi)
	normal(vi, magnitude, tiny)
	VMOVUPS(vi, element(v))

	VSQRTPS(vi, vi)
	VADDPS(eps, vi, vi)
	VMULPS(mi, rate, mi)
	VDIVPS(vi, mi, mi)
	VSUBPS(mi, x, x)
	VMOVUPS(x, element(value))
	ADDQ(Imm(lanes), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// normal makes 0 of what is below the smallest normal number, by its bits.
func normal(x, magnitude, tiny reg.VecVirtual) {
	t := YMM()
	VPAND(magnitude, x, t)
	VPCMPGTD(tiny, t, t)
	VPAND(t, x, x)
}

// constant is a float32 in all lanes.
func constant(name string, v float64) reg.VecVirtual { return bits(name, math.Float32bits(float32(v))) }

// bits are 32 bits in all lanes.
func bits(name string, v uint32) reg.VecVirtual {
	x := YMM()
	VBROADCASTSS(ConstData(name, U32(v)), x)
	return x
}
