package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// constant returns memory that holds a full vector of x.
func (g isa) constant(x float64) Mem {
	bits := constBits(g.f64, x)
	name := fmt.Sprintf("c%s%x", map[bool]string{true: "d", false: "s"}[g.f64], bits)
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range 16 {
		if g.f64 && i == 8 {
			break
		}
		if g.f64 {
			DATA(i*8, U64(bits))
		} else {
			DATA(i*4, U32(uint32(bits)))
		}
	}
	constants[name] = m
	return m
}

// broadcasts reports whether op is a constant of which the first number is taken for all lanes.
func (g isa) broadcasts(op Op) bool {
	m, ok := op.(Mem)
	return ok && g.avx512 && (strings.HasPrefix(m.Symbol.Name, "cd") || strings.HasPrefix(m.Symbol.Name, "cs"))
}

// hold returns x in a register, for AVX2 in memory, where registers are few.
func (g isa) hold(x float64) Op {
	m := g.constant(x)
	if !g.avx512 {
		return m
	}
	v := g.vec()
	g.load(m, v)
	return v
}

var constants = map[string]Mem{}

func constBits(f64 bool, x float64) uint64 {
	if f64 {
		return math.Float64bits(x)
	}
	return uint64(math.Float32bits(float32(x)))
}

// lowest is where exp is 0.
func (g isa) lowest() float64 {
	if g.f64 {
		return lowest64
	}
	return lowest32
}

func (g isa) infinity(sign int) Mem { return g.constant(math.Inf(sign)) }

// bound is the size of the largest logit that the kernels take.
func (g isa) bound() float64 {
	if g.f64 {
		return bound64
	}
	return bound32
}

// largestNumber is the largest that is finite.
func (g isa) largestNumber() float64 {
	if g.f64 {
		return math.MaxFloat64
	}
	return math.MaxFloat32
}

// magic is added to round to an integer, which then stands in the low bits.
func (g isa) magic() Mem { return g.constant(g.magicNumber()) }

func (g isa) magicNumber() float64 {
	if g.f64 {
		return 0x1.8p52
	}
	return 0x1.8p23
}

// abs is a mask that clears the sign.
func (g isa) abs() Mem {
	if g.f64 {
		return g.bitsOf(math.MaxInt64)
	}
	return g.bitsOf(math.MaxInt32)
}

// bitsOf returns memory that holds a full vector of the bits.
func (g isa) bitsOf(bits uint64) Mem {
	if g.f64 {
		return g.constant(math.Float64frombits(bits))
	}
	return g.constant(float64(math.Float32frombits(uint32(bits))))
}
