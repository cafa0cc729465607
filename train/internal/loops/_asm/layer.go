package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func rectify() {
	function("rectifyAVX2", "func(x *float32, n int)", "makes max(x, 0) of n elements, n a multiple of 8 above 0.")
	zero := YMM()
	VXORPS(zero, zero, zero)
	x := pointer("x")
	elements(pointer("n"), 8, func(i reg.Register) {
		t := YMM()
		VMOVUPS(single(x, i), t)
		VMAXPS(t, zero, t) // the second operand, t, for a NaN and for two zeros
		VADDPS(zero, t, t) // -0 + 0 is +0
		VMOVUPS(t, single(x, i))
	})
	end()
}

func rectifyGrad() {
	function("rectifyGradAVX2", "func(out, y, up *float32, n int)",
		"sets n elements of out, n a multiple of 8 above 0, to up where y is not +0, else to +0.")
	zero := YMM()
	VXORPS(zero, zero, zero)
	out, y, up := pointer("out"), pointer("y"), pointer("up")
	elements(pointer("n"), 8, func(i reg.Register) {
		off := YMM()
		VPCMPEQD(single(y, i), zero, off)
		VPANDN(single(up, i), off, off)
		VMOVUPS(off, single(out, i))
	})
	end()
}

func addRows() {
	function("addRowsAVX2", "func(sum *float64, x *float32, rows, width, cols int)",
		"adds the first cols columns, a multiple of 16 above 0, of x [rows, width] to sum; rows >= 1.")
	sum, x, rows := pointer("sum"), pointer("x"), pointer("rows")
	width := pointer("width")
	SHLQ(Imm(2), width) // in bytes
	elements(pointer("cols"), 16, func(j reg.Register) {
		var s [4]reg.VecVirtual
		for k := range s {
			s[k] = YMM()
			VMOVUPD(double(sum, j).Offset(32*k), s[k])
		}
		at, left := GP64(), GP64()
		LEAQ(single(x, j), at)
		MOVQ(rows, left)
		Label("row")
		for k := range s {
			t := YMM()
			VCVTPS2PD(Mem{Base: at, Disp: 16 * k}, t)
			VADDPD(t, s[k], s[k])
		}
		ADDQ(width, at)
		DECQ(left)
		JNZ(LabelRef("row"))
		for k := range s {
			VMOVUPD(s[k], double(sum, j).Offset(32*k))
		}
	})
	end()
}
