package neon

import (
	"fmt"
	"strings"
)

// Three is an instruction with three vectors of floating-point numbers, without its bit 22, which
// says float64.
type Three struct {
	mnemonic string
	opcode   uint32
	byLane   uint32 // that with a lane in the place of the last vector, 0 where there is none
}

// The instructions d = n op m.
var (
	Fadd  = Three{mnemonic: "fadd", opcode: 0x4e20d400}
	Fsub  = Three{mnemonic: "fsub", opcode: 0x4ea0d400}
	Fmul  = Three{mnemonic: "fmul", opcode: 0x6e20dc00, byLane: 0x4f809000}
	Fdiv  = Three{mnemonic: "fdiv", opcode: 0x6e20fc00}
	Fmla  = Three{mnemonic: "fmla", opcode: 0x4e20cc00, byLane: 0x4f801000} // d += n m, rounded once
	Fmls  = Three{mnemonic: "fmls", opcode: 0x4ea0cc00, byLane: 0x4f805000} // d -= n m, rounded once
	Fmax  = Three{mnemonic: "fmax", opcode: 0x4e20f400}                     // NaN where either is
	Fmin  = Three{mnemonic: "fmin", opcode: 0x4ea0f400}
	Fcmgt = Three{mnemonic: "fcmgt", opcode: 0x6ea0e400}
	Fcmge = Three{mnemonic: "fcmge", opcode: 0x6e20e400}
	Fcmeq = Three{mnemonic: "fcmeq", opcode: 0x4e20e400}
	Fmaxp = Three{mnemonic: "fmaxp", opcode: 0x6e20f400} // of neighbours, those of n in the lower half

	Fmaxnm = Three{mnemonic: "fmaxnm", opcode: 0x4e20c400} // the number where one is NaN
)

// threes are all of them, for the tests.
var threes = []Three{Fadd, Fsub, Fmul, Fdiv, Fmla, Fmls, Fmax, Fmin, Fcmgt, Fcmge, Fcmeq, Fmaxp, Fmaxnm}

// Op emits d = n op m.
func (a *Asm) Op(i Three, d, n, m Vec) {
	w, t := a.encode(i.opcode, d, n, m)
	a.Word(w, fmt.Sprintf("%s v%d.%s, v%d.%s, v%d.%s", i.mnemonic, d, t, n, t, m, t))
}

// A Lane is an element of a vector.
type Lane struct {
	Of    Vec
	Index int
}

// OpLane emits d = n op x, for an instruction that takes a lane.
func (a *Asm) OpLane(i Three, d, n Vec, x Lane) {
	if i.byLane == 0 {
		panic(a.name + ": no lane for " + i.mnemonic)
	}
	w, t := a.encode(i.byLane, d, n, x.Of)
	if a.F64 {
		w |= uint32(x.Index) << 11
	} else {
		w |= uint32(x.Index&1)<<21 | uint32(x.Index>>1)<<11
	}
	a.Word(w, fmt.Sprintf("%s v%d.%s, v%d.%s, v%d.%c[%d]", i.mnemonic, d, t, n, t, x.Of, t[1], x.Index))
}

// encode returns an instruction with its registers, and the arrangement of its vectors.
func (a *Asm) encode(opcode uint32, d, n, m Vec) (w uint32, arrangement string) {
	w = opcode | uint32(m)<<16 | uint32(n)<<5 | uint32(d)
	if a.F64 {
		return w | 1<<22, "2d"
	}
	return w, "4s"
}

// Two is an instruction with two vectors, written with their arrangements.
type Two struct {
	mnemonic, d, n string
	opcode         uint32
}

// The conversions d = op(n), and a sum.
var (
	Fcvtl  = Two{mnemonic: "fcvtl", d: "2d", n: "2s", opcode: 0x0e617800}  // float32 to float64, the lower half
	Fcvtl2 = Two{mnemonic: "fcvtl2", d: "2d", n: "4s", opcode: 0x4e617800} // the upper
	Fcvtn  = Two{mnemonic: "fcvtn", d: "2s", n: "2d", opcode: 0x0e616800}  // float64 to float32, into the lower half
	Fcvtn2 = Two{mnemonic: "fcvtn2", d: "4s", n: "2d", opcode: 0x4e616800} // into the upper
	Faddpd = Two{mnemonic: "faddp", d: "d", n: "2d", opcode: 0x7e70d800}   // the sum of both lanes
)

// twos are all of them, for the tests.
var twos = []Two{Fcvtl, Fcvtl2, Fcvtn, Fcvtn2, Faddpd}

// Conv emits d = i(n).
func (a *Asm) Conv(i Two, d, n Vec) {
	dst := fmt.Sprintf("v%d.%s", d, i.d)
	if len(i.d) == 1 {
		dst = fmt.Sprintf("%s%d", i.d, d)
	}
	a.Word(i.opcode|uint32(n)<<5|uint32(d), fmt.Sprintf("%s %s, v%d.%s", i.mnemonic, dst, n, i.n))
}

// One is an instruction with one vector of floating-point numbers, like [Three].
type One struct {
	mnemonic string
	opcode   uint32
	with     string // what follows the vectors in its text
}

// The instructions d = op(n).
var (
	Fabs  = One{mnemonic: "fabs", opcode: 0x4ea0f800}
	Fneg  = One{mnemonic: "fneg", opcode: 0x6ea0f800}
	Fsqrt = One{mnemonic: "fsqrt", opcode: 0x6ea1f800}
	Cmgtz = One{mnemonic: "cmgt", opcode: 0x4ea08800, with: ", #0"} // whether the integer n > 0
)

// ones are all of them, for the tests.
var ones = []One{Fabs, Fneg, Fsqrt, Cmgtz}

// OpOne emits d = i(n).
func (a *Asm) OpOne(i One, d, n Vec) {
	w, t := a.encode(i.opcode, d, n, 0)
	a.Word(w, fmt.Sprintf("%s v%d.%s, v%d.%s%s", i.mnemonic, d, t, n, t, i.with))
}

// Below is what Go's assembler knows.

// Move emits d = n.
func (a *Asm) Move(d, n Vec) { a.F("VMOV V%d.B16, V%d.B16", n, d) }

// Zero emits d = 0.
func (a *Asm) Zero(d Vec) { a.F("VEOR V%d.B16, V%d.B16, V%d.B16", d, d, d) }

// And emits d = n & m.
func (a *Asm) And(d, n, m Vec) { a.F("VAND V%d.B16, V%d.B16, V%d.B16", m, n, d) }

// Or emits d = n | m.
func (a *Asm) Or(d, n, m Vec) { a.F("VORR V%d.B16, V%d.B16, V%d.B16", m, n, d) }

// Insert emits d = n where the bits of m are 1.
func (a *Asm) Insert(d, n, m Vec) { a.F("VBIT V%d.B16, V%d.B16, V%d.B16", m, n, d) }

// Repeat emits d = a vector filled with x.
func (a *Asm) Repeat(d Vec, x Lane) {
	a.F("VDUP V%d.%s[%d], V%d.%s", x.Of, a.Arrangement()[:1], x.Index, d, a.Arrangement())
}

// Zip emits the elements of the lower halves of n and m in turn in d, with an of 2 those of the
// upper ones.
func (a *Asm) Zip(of int, d, n, m Vec) {
	t := a.Arrangement()
	a.F("VZIP%d V%d.%s, V%d.%s, V%d.%s", of, m, t, n, t, d, t)
}

// Arrangement is that of a full vector in the syntax of Go's assembler.
func (a *Asm) Arrangement() string {
	if a.F64 {
		return "D2"
	}
	return "S4"
}

// Iadd emits d = n + m of integers as wide as the elements.
func (a *Asm) Iadd(d, n, m Vec) {
	t := a.Arrangement()
	a.F("VADD V%d.%s, V%d.%s, V%d.%s", m, t, n, t, d, t)
}

// Umin emits d = the smaller of n and m as unsigned integers of 32 bits.
func (a *Asm) Umin(d, n, m Vec) { a.F("VUMIN V%d.S4, V%d.S4, V%d.S4", m, n, d) }

// Shl emits d = n << by of integers as wide as the elements.
func (a *Asm) Shl(d, n Vec, by int) {
	t := a.Arrangement()
	a.F("VSHL $%d, V%d.%s, V%d.%s", by, n, t, d, t)
}

// Ushr emits d = n >> by of unsigned integers as wide as the elements.
func (a *Asm) Ushr(d, n Vec, by int) {
	t := a.Arrangement()
	a.F("VUSHR $%d, V%d.%s, V%d.%s", by, n, t, d, t)
}

// Load reads vectors in a row and advances the pointer in register r.
func (a *Asm) Load(r string, vs ...Vec) { a.F("VLD1.P %d(%s), %s", 16*len(vs), r, a.list(vs)) }

// Store is the opposite of Load.
func (a *Asm) Store(r string, vs ...Vec) { a.F("VST1.P %s, %d(%s)", a.list(vs), 16*len(vs), r) }

// LoadAt is Load that leaves the pointer.
func (a *Asm) LoadAt(r string, vs ...Vec) { a.F("VLD1 (%s), %s", r, a.list(vs)) }

// StoreAt is Store that leaves the pointer.
func (a *Asm) StoreAt(r string, vs ...Vec) { a.F("VST1 %s, (%s)", a.list(vs), r) }

func (a *Asm) list(vs []Vec) string {
	var s []string
	for i, v := range vs {
		if v != vs[0]+Vec(i) {
			panic(a.name + ": VLD1 and VST1 want registers in a row")
		}
		s = append(s, fmt.Sprintf("V%d.%s", v, a.Arrangement()))
	}
	return "[" + strings.Join(s, ", ") + "]"
}
