package main

import (
	"slices"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

const (
	cacheLine = 64  // bytes
	safeFrame = 512 // bytes that there are on every stack, also with the arguments
)

// local returns size bytes of the frame, where a vector is aligned.
func (g isa) local(size int) Mem {
	return AllocLocal((size + g.column() - 1) / g.column() * g.column())
}

// alignFrames makes avo address what a kernel keeps in its frame from a multiple of a cache line:
// Go's frames begin at multiples of 8, where a vector may lie across two lines, or two pages, and
// then takes several times as long to store and to load. A kernel with a large frame checks that
// there is room on the stack.
func alignFrames() {
	pass.Compile = pass.Concat(pass.FunctionPass(func(fn *ir.Function) error {
		if fn.LocalSize == 0 {
			return nil
		}
		base := GP64()
		for _, i := range fn.Instructions() {
			for _, ops := range [][]Op{i.Operands, i.Inputs, i.Outputs} {
				for j, op := range ops {
					if m, ok := op.(Mem); ok && m.Base == reg.StackPointer {
						m.Base = base
						ops[j] = m
					}
				}
			}
		}
		up, err := x86.LEAQ(NewStackAddr(cacheLine-8), base)
		if err != nil {
			return err
		}
		down, err := x86.ANDQ(I8(-cacheLine), base)
		if err != nil {
			return err
		}
		fn.Nodes = slices.Concat([]ir.Node{up, down}, fn.Nodes)
		fn.AllocLocal(cacheLine - 8)
		if fn.LocalSize > safeFrame {
			fn.Attributes &^= attr.NOSPLIT
		}
		return nil
	}), pass.Compile)
}
