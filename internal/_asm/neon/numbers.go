package neon

import (
	"fmt"
	"math"
	"strings"
)

// numbers are constants in memory, as vectors. What is used once a turn is better loaded than held
// in a register, where an instruction that overwrites its first operand would want a copy.
type numbers struct {
	vectors [][2]uint64
	places  map[[2]uint64]int
	at      bool // the kernel has their address in R8
}

// Fill emits d = a vector that repeats xs, from memory. The first of a kernel must come before its
// branches.
func (a *Asm) Fill(d Vec, xs ...float64) {
	if !a.numbers.at {
		a.F("MOVD $numbers<>(SB), R8")
		a.numbers.at = true
	}
	v := a.vector(xs)
	at, ok := a.numbers.places[v]
	if !ok {
		if a.numbers.places == nil {
			a.numbers.places = map[[2]uint64]int{}
		}
		at = 16 * len(a.numbers.vectors)
		a.numbers.places[v], a.numbers.vectors = at, append(a.numbers.vectors, v)
	}
	a.F("FMOVQ %d(R8), F%d // %s", at, d, strings.Trim(fmt.Sprint(xs), "[]"))
}

// FillBits is Fill with integers of 32 bits.
func (a *Asm) FillBits(d Vec, x uint32) { a.Fill(d, float64(math.Float32frombits(x))) }

// vector returns the halves of a vector that repeats xs.
func (a *Asm) vector(xs []float64) (v [2]uint64) {
	for i := range a.Lanes() {
		x := xs[i%len(xs)]
		if a.F64 {
			v[i] = math.Float64bits(x)
		} else {
			v[i/2] |= uint64(math.Float32bits(float32(x))) << (32 * (i % 2))
		}
	}
	return v
}

// Hold emits a register filled with x.
func (a *Asm) Hold(x float64) Vec {
	v := a.Take()
	a.Fill(v, x)
	return v
}

// HoldLanes emits registers that hold xs, one a lane.
func (a *Asm) HoldLanes(xs ...float64) (lanes []Lane) {
	n := a.Lanes()
	for i := range xs {
		if i%n == 0 {
			v := a.Take()
			a.Fill(v, append(xs[i:min(i+n, len(xs)):len(xs)], make([]float64, max(0, i+n-len(xs)))...)...)
			lanes = append(lanes, Lane{Of: v})
			continue
		}
		lanes = append(lanes, Lane{Of: lanes[i-1].Of, Index: i % n})
	}
	return lanes
}

// writeNumbers emits the numbers.
func (a *Asm) writeNumbers() {
	if len(a.numbers.vectors) == 0 {
		return
	}
	a.WriteString("\n")
	for i, v := range a.numbers.vectors {
		for half, bits := range v {
			fmt.Fprintf(a, "DATA numbers<>+%d(SB)/8, $0x%016x\n", 16*i+8*half, bits)
		}
	}
	fmt.Fprintf(a, "GLOBL numbers<>(SB), RODATA|NOPTR, $%d\n", 16*len(a.numbers.vectors))
}
