package main

import (
	"slices"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
)

// pruneMoves makes avo leave out what the choice of registers has made moves of a vector from one
// to itself, as it does where they are general ones.
func pruneMoves() {
	pass.Compile = pass.Concat(pass.Compile, pass.FunctionPass(func(fn *ir.Function) error {
		fn.Nodes = slices.DeleteFunc(fn.Nodes, func(n ir.Node) bool {
			i, ok := n.(*ir.Instruction)
			return ok && slices.Contains([]string{"VMOVAPS", "VMOVAPD", "VMOVUPS", "VMOVUPD"}, i.Opcode) &&
				len(i.Operands) == 2 && operand.IsRegister(i.Operands[0]) && i.Operands[0] == i.Operands[1]
		})
		return nil
	}))
}
