package main

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// asm collects the text of an arm64 assembly file for Go's assembler. That assembler knows of the
// arithmetic of floating-point vectors little more than VFMLA and VFMLS; all else is written as
// WORDs, each followed by a comment that holds the instruction in Arm's own syntax, which the tests
// compare with what disassemblers read.
type asm struct {
	bytes.Buffer
	f64   bool   // vectors hold float64, or float32
	free  uint32 // vector registers that nobody holds
	name  string
	frame map[string]int // offsets of arguments and results
	stubs []stub

	elements64 bool // the elements in memory of a kernel that computes in float64
}

// vec is a vector register.
type vec uint32

// f emits a line.
func (a *asm) f(format string, args ...any) { fmt.Fprintf(a, "\t"+format+"\n", args...) }

func (a *asm) label(l string) { fmt.Fprintf(a, "%s:\n", l) }

// lanes is the number of elements of a vector.
func (a *asm) lanes() int { return 16 / a.size() }

// size is the number of bytes of an element.
func (a *asm) size() int {
	if a.f64 {
		return 8
	}
	return 4
}

// wide runs emit with vectors of float64.
func (a *asm) wide(emit func()) {
	was := a.f64
	a.f64 = true
	emit()
	a.f64 = was
}

// take returns a free register.
func (a *asm) take() vec { return a.row(1)[0] }

// row returns n free registers in a row, as loads and stores of several want them.
func (a *asm) row(n int) (vs []vec) {
	for first := 0; first+n <= 32; first++ {
		if mask := uint32(1<<n-1) << first; a.free&mask == mask {
			a.free &^= mask
			for i := range n {
				vs = append(vs, vec(first+i))
			}
			return vs
		}
	}
	panic(fmt.Sprintf("%s: no %d registers in a row, %d free", a.name, n, bits.OnesCount32(a.free)))
}

// drop gives registers back.
func (a *asm) drop(vs ...vec) {
	for _, v := range vs {
		if a.free>>v&1 == 1 {
			panic(a.name + ": register dropped twice")
		}
		a.free |= 1 << v
	}
}

// three is an instruction with three vectors of floating-point numbers, without its bit 22, which
// says float64.
type three struct {
	mnemonic string
	opcode   uint32
}

var (
	fadd  = three{"fadd", 0x4e20d400}
	fsub  = three{"fsub", 0x4ea0d400}
	fmul  = three{"fmul", 0x6e20dc00}
	fdiv  = three{"fdiv", 0x6e20fc00}
	fmla  = three{"fmla", 0x4e20cc00} // d += n m, rounded once
	fmls  = three{"fmls", 0x4ea0cc00} // d -= n m, rounded once
	fmax  = three{"fmax", 0x4e20f400} // NaN where either is
	fcmgt = three{"fcmgt", 0x6ea0e400}
	fcmeq = three{"fcmeq", 0x4e20e400}
	fmaxp = three{"fmaxp", 0x6e20f400} // of neighbours, those of n in the lower half

	fmaxnm  = three{"fmaxnm", 0x4e20c400} // passes over a quiet NaN
	fmaxnmp = three{"fmaxnmp", 0x6e20c400}
)

// threes and twos are all of them, for the tests.
var threes = []three{fadd, fsub, fmul, fdiv, fmla, fmls, fmax, fcmgt, fcmeq, fmaxp, fmaxnm, fmaxnmp}

// op emits d = n op m.
func (a *asm) op(i three, d, n, m vec) {
	w, t := i.opcode|uint32(m)<<16|uint32(n)<<5|uint32(d), "4s"
	if a.f64 {
		w, t = w|1<<22, "2d"
	}
	a.word(w, fmt.Sprintf("%s v%d.%s, v%d.%s, v%d.%s", i.mnemonic, d, t, n, t, m, t))
}

func (a *asm) word(w uint32, comment string) { a.f("WORD $0x%08x // %s", w, comment) }

// two is an instruction with two vectors, written with their arrangements.
type two struct {
	mnemonic, d, n string
	opcode         uint32
}

var (
	fcvtl  = two{mnemonic: "fcvtl", d: "2d", n: "2s", opcode: 0x0e617800}  // float32 to float64, the lower half
	fcvtl2 = two{mnemonic: "fcvtl2", d: "2d", n: "4s", opcode: 0x4e617800} // the upper
	fcvtn  = two{mnemonic: "fcvtn", d: "2s", n: "2d", opcode: 0x0e616800}  // float64 to float32, into the lower half
	fcvtn2 = two{mnemonic: "fcvtn2", d: "4s", n: "2d", opcode: 0x4e616800} // into the upper
	fabs2  = two{mnemonic: "fabs", d: "2d", n: "2d", opcode: 0x4ee0f800}
	faddpd = two{mnemonic: "faddp", d: "d", n: "2d", opcode: 0x7e70d800} // the sum of both lanes
)

var twos = []two{fcvtl, fcvtl2, fcvtn, fcvtn2, fabs2, faddpd}

// conv emits d = i(n).
func (a *asm) conv(i two, d, n vec) {
	dst := fmt.Sprintf("v%d.%s", d, i.d)
	if len(i.d) == 1 {
		dst = fmt.Sprintf("%s%d", i.d, d)
	}
	a.word(i.opcode|uint32(n)<<5|uint32(d), fmt.Sprintf("%s %s, v%d.%s", i.mnemonic, dst, n, i.n))
}

// What Go's assembler knows.

func (a *asm) move(d, n vec)   { a.f("VMOV V%d.B16, V%d.B16", n, d) }
func (a *asm) zero(d vec)      { a.f("VEOR V%d.B16, V%d.B16, V%d.B16", d, d, d) }
func (a *asm) and(d, n, m vec) { a.f("VAND V%d.B16, V%d.B16, V%d.B16", m, n, d) }
func (a *asm) or(d, n, m vec)  { a.f("VORR V%d.B16, V%d.B16, V%d.B16", m, n, d) }

// arrangement is that of a full vector in the syntax of Go's assembler.
func (a *asm) arrangement() string {
	if a.f64 {
		return "D2"
	}
	return "S4"
}

// iadd emits d = n + m of integers as wide as the elements, shl d = n << by.
func (a *asm) iadd(d, n, m vec) {
	t := a.arrangement()
	a.f("VADD V%d.%s, V%d.%s, V%d.%s", m, t, n, t, d, t)
}

func (a *asm) shl(d, n vec, by int) {
	t := a.arrangement()
	a.f("VSHL $%d, V%d.%s, V%d.%s", by, n, t, d, t)
}

// load and store move vectors in a row and advance the pointer in register r.
func (a *asm) load(r string, vs ...vec)  { a.f("VLD1.P %d(%s), %s", 16*len(vs), r, a.list(vs)) }
func (a *asm) store(r string, vs ...vec) { a.f("VST1.P %s, %d(%s)", a.list(vs), 16*len(vs), r) }

func (a *asm) list(vs []vec) string {
	var s []string
	for i, v := range vs {
		if v != vs[0]+vec(i) {
			panic(a.name + ": VLD1 and VST1 want registers in a row")
		}
		s = append(s, fmt.Sprintf("V%d.%s", v, a.arrangement()))
	}
	return "[" + strings.Join(s, ", ") + "]"
}

// hold emits a register filled with x.
func (a *asm) hold(x float64) vec {
	v := a.take()
	if a.f64 {
		a.f("MOVD $0x%016x, R9 // %v", math.Float64bits(x), x)
	} else {
		a.f("MOVD $0x%08x, R9 // %v", math.Float32bits(float32(x)), float32(x))
	}
	a.dup(v)
	return v
}

// dup fills v with the number in R9.
func (a *asm) dup(v vec) { a.f("VDUP R9, V%d.%s", v, a.arrangement()) }

// arg emits a register filled with an argument of the type that vectors hold.
func (a *asm) arg(name string) vec {
	v := a.take()
	if a.f64 {
		a.f("MOVD %s+%d(FP), R9", name, a.offset(name))
	} else {
		a.f("MOVWU %s+%d(FP), R9", name, a.offset(name))
	}
	a.dup(v)
	return v
}

// pointer emits an argument in a general register.
func (a *asm) pointer(name, r string) { a.f("MOVD %s+%d(FP), %s", name, a.offset(name), r) }

// offset returns where an argument or a result stands.
func (a *asm) offset(name string) int {
	at, ok := a.frame[name]
	if !ok {
		panic(a.name + ": no argument " + name)
	}
	return at
}
