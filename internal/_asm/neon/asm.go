// Package neon writes arm64 assembly for Go's assembler: the means that the generators of kernels
// share. That assembler knows of the arithmetic of floating-point vectors little more than VFMLA
// and VFMLS; all else is written as WORDs, each followed by a comment that holds the instruction in
// Arm's own syntax, which tests compare with what disassemblers read.
package neon

import (
	"bytes"
	"fmt"
	"math/bits"
)

// Asm collects the text of an assembly file.
type Asm struct {
	bytes.Buffer
	F64 bool // vectors hold float64, or float32

	free  uint32 // vector registers that nobody holds
	name  string
	frame map[string]int // offsets of arguments and results
	stubs []stub

	numbers numbers
}

// Vec is a vector register.
type Vec uint32

// F emits a line.
func (a *Asm) F(format string, args ...any) { fmt.Fprintf(a, "\t"+format+"\n", args...) }

// Label emits a label, which is one of the function's own.
func (a *Asm) Label(l string) { fmt.Fprintf(a, "%s:\n", l) }

// Word emits an instruction as a number, with its text as a comment.
func (a *Asm) Word(w uint32, comment string) { a.F("WORD $0x%08x // %s", w, comment) }

// Lanes is the number of elements of a vector.
func (a *Asm) Lanes() int { return 16 / a.Size() }

// Size is the number of bytes of an element.
func (a *Asm) Size() int { return 1 << a.Shift() }

// Shift is the logarithm of Size.
func (a *Asm) Shift() int {
	if a.F64 {
		return 3
	}
	return 2
}

// Wide runs emit with vectors of float64.
func (a *Asm) Wide(emit func()) {
	was := a.F64
	a.F64 = true
	emit()
	a.F64 = was
}

// Take returns a free register.
func (a *Asm) Take() Vec { return a.Row(1)[0] }

// Row returns n free registers in a row, as loads and stores of several want them.
func (a *Asm) Row(n int) (vs []Vec) {
	for first := 0; first+n <= 32; first++ {
		if mask := uint32(1<<n-1) << first; a.free&mask == mask {
			a.free &^= mask
			for i := range n {
				vs = append(vs, Vec(first+i))
			}
			return vs
		}
	}
	panic(fmt.Sprintf("%s: no %d registers in a row, %d free", a.name, n, bits.OnesCount32(a.free)))
}

// Drop gives registers back.
func (a *Asm) Drop(vs ...Vec) {
	for _, v := range vs {
		if a.free>>v&1 == 1 {
			panic(a.name + ": register dropped twice")
		}
		a.free |= 1 << v
	}
}

// Release gives back those registers that are held still.
func (a *Asm) Release(rows ...[]Vec) {
	for _, r := range rows {
		for _, v := range r {
			a.free |= 1 << v
		}
	}
}

// Dup fills v with the number in R9.
func (a *Asm) Dup(v Vec) { a.F("VDUP R9, V%d.%s", v, a.Arrangement()) }

// Arg emits a register filled with an argument of the type that vectors hold.
func (a *Asm) Arg(name string) Vec {
	v := a.Take()
	if a.F64 {
		a.F("MOVD %s, R9", a.Place(name))
	} else {
		a.F("MOVWU %s, R9", a.Place(name))
	}
	a.Dup(v)
	return v
}

// Pointer emits an argument of 64 bits in a general register.
func (a *Asm) Pointer(name, r string) { a.F("MOVD %s, %s", a.Place(name), r) }

// Place is the operand that stands for an argument or a result.
func (a *Asm) Place(name string) string {
	at, ok := a.frame[name]
	if !ok {
		panic(a.name + ": no argument " + name)
	}
	return fmt.Sprintf("%s+%d(FP)", name, at)
}

// Takes reports whether the function has an argument or a result of that name.
func (a *Asm) Takes(name string) bool {
	_, ok := a.frame[name]
	return ok
}
