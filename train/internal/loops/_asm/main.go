// Command asm generates the amd64 kernels of package loops: see the go:generate line there.
package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	adam()
	rectify()
	rectifyGrad()
	addRows()
	magnitude()
	addFixed()
	fromFixed()
	Generate()
}

// function begins a function.
func function(name, signature, doc string) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " " + doc)
}

// pointer loads a parameter into a register that may be changed.
func pointer(name string) reg.GPVirtual {
	r := GP64()
	Load(Param(name), r)
	return r
}

// elements is a loop over n elements, so many lanes a turn. It calls body with what an index of
// elements of that size is multiplied by.
func elements(n reg.Register, lanes int, body func(i reg.Register)) {
	i := GP64()
	XORQ(i, i)
	Label("loop")
	body(i)
	ADDQ(Imm(uint64(lanes)), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
}

// single and double are the place of element i of float32s, and of 8 bytes each.
func single(base, i reg.Register) Mem { return Mem{Base: base, Index: i, Scale: 4} }
func double(base, i reg.Register) Mem { return Mem{Base: base, Index: i, Scale: 8} }

// constant is a float32 in all lanes.
func constant(name string, v float64) reg.VecVirtual { return bits(name, math.Float32bits(float32(v))) }

// bits are 32 bits in all lanes.
func bits(name string, v uint32) reg.VecVirtual {
	x := YMM()
	VBROADCASTSS(ConstData(name, U32(v)), x)
	return x
}

// end ends a function.
func end() {
	VZEROUPPER()
	RET()
}
