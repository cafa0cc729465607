package neon

import (
	"testing"

	"softloss/internal/_asm/neon/neontest"
)

// TestInstructions emits every instruction that Go's assembler lacks, for both element types, with
// registers that tell the fields apart.
func TestInstructions(t *testing.T) {
	a := &Asm{}
	for _, a.F64 = range []bool{false, true} {
		for _, i := range threes {
			a.Op(i, 1, 30, 13)
			a.Op(i, 31, 2, 20)
		}
		for _, i := range ones {
			a.OpOne(i, 1, 30)
			a.OpOne(i, 30, 1)
		}
		for lane := range a.Lanes() {
			for _, i := range []Three{Fmul, Fmla, Fmls} {
				a.OpLane(i, 1, 30, Lane{Of: 13, Index: lane})
				a.OpLane(i, 31, 2, Lane{Of: 20, Index: lane})
			}
		}
	}
	for _, i := range twos {
		a.Conv(i, 9, 22)
		a.Conv(i, 22, 9)
	}
	neontest.Words(t, a.String())
}
