package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func magnitude() {
	function("magnitudeAVX2", "func(x *float32, n int) uint32",
		"returns the bits of the largest magnitude of n elements, n a multiple of 32 above 0.")
	mask := bits("mask", math.MaxInt32)
	var top [4]reg.VecVirtual
	for k := range top {
		top[k] = YMM()
		VXORPS(top[k], top[k], top[k])
	}
	x := pointer("x")
	elements(pointer("n"), 32, func(i reg.Register) {
		for k := range top {
			t := YMM()
			VPAND(single(x, i).Offset(32*k), mask, t)
			VPMAXUD(t, top[k], top[k])
		}
	})
	VPMAXUD(top[1], top[0], top[0])
	VPMAXUD(top[3], top[2], top[2])
	VPMAXUD(top[2], top[0], top[0])
	half := XMM()
	VEXTRACTI128(Imm(1), top[0], half)
	one := top[0].AsX()
	VPMAXUD(half, one, one)
	for _, order := range []uint64{0b1110, 0b01} { // the upper two, then the second
		VPSHUFD(Imm(order), one, half)
		VPMAXUD(half, one, one)
	}
	out := GP32()
	VMOVD(one, out)
	Store(out, ReturnIndex(0))
	end()
}

func addFixed() {
	function("addFixedAVX512", "func(sum *int64, x *float32, n int, scale float64)",
		"adds x times scale, cut off towards 0, to n elements of sum, n a multiple of 8 above 0.")
	scale := ZMM()
	VBROADCASTSD(NewParamAddr("scale", 24), scale)
	sum, x := pointer("sum"), pointer("x")
	elements(pointer("n"), 8, func(i reg.Register) {
		t := ZMM()
		VCVTPS2PD(single(x, i), t)
		VMULPD(scale, t, t)
		VCVTTPD2QQ(t, t)
		VPADDQ(double(sum, i), t, t)
		VMOVDQU64(t, double(sum, i))
	})
	end()
}

func fromFixed() {
	function("fromFixedAVX512", "func(x *float32, sum *int64, n int, unit float64)",
		"sets n elements of x, n a multiple of 8 above 0, to sum times unit.")
	unit := ZMM()
	VBROADCASTSD(NewParamAddr("unit", 24), unit)
	x, sum := pointer("x"), pointer("sum")
	elements(pointer("n"), 8, func(i reg.Register) {
		t, s := ZMM(), YMM()
		VCVTQQ2PD(double(sum, i), t)
		VMULPD(unit, t, t)
		VCVTPD2PS(t, s)
		VMOVUPS(s, single(x, i))
	})
	end()
}
