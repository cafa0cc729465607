package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"softloss/internal/_asm/avx"
)

// isa is an instruction set and an element type.
type isa struct{ avx512, f64 bool }

var isas = []isa{{avx512: true}, {avx512: true, f64: true}, {}, {f64: true}}

// set is g for what is shared with other generators.
func (g isa) set() avx.Set { return avx.Set{AVX512: g.avx512, F64: g.f64} }

// size is the number of bytes of an element, shift its logarithm.
func (g isa) size() int { return g.set().Size() }

func (g isa) shift() uint64 { return g.set().Shift() }

// bytes and lanes are the number of bytes and of elements of a vector.
func (g isa) bytes() int { return g.set().Width() }

func (g isa) lanes() int { return g.set().Lanes() }

// function begins an assembly function; T in the signature stands for the element type.
func (g isa) function(name, signature, doc string) {
	TEXT(name+g.set().Suffix(), NOSPLIT, fmt.Sprintf(signature, g.set().GoType()))
	Pragma("noescape")
	Doc(strings.Split(name+g.set().Suffix()+" "+doc, "\n")...)
}

func (g isa) vec() reg.VecVirtual { return g.set().Vec() }

// pick emits the packed-single or packed-double form of an instruction.
func (g isa) pick(ps, pd func(...Op), ops ...Op) { g.set().Pick(ps, pd, ops...) }

func (g isa) move(src, dst Op) { g.pick(VMOVUPS, VMOVUPD, src, dst) }

func (g isa) zero(dst Op) { VXORPS(dst, dst, dst) }

// stride loads a parameter that counts elements as a number of bytes.
func (g isa) stride(name string) reg.GPVirtual {
	r := GP64()
	Load(Param(name), r)
	SHLQ(Imm(g.shift()), r)
	return r
}

// load64 loads a parameter of 64 bits.
func load64(name string) reg.GPVirtual {
	r := GP64()
	Load(Param(name), r)
	return r
}

// param is the memory of a parameter.
func param(name string) Mem {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// mask selects the first n lanes of a vector, 0 < n <= lanes.
func (g isa) mask(n reg.GPVirtual) Op {
	if g.avx512 {
		bits, k := GP32(), K()
		MOVL(U32(1), bits)
		SHLXL(n.As32(), bits, bits)
		DECL(bits)
		KMOVW(bits, k)
		return k
	}
	p, off, m := GP64(), GP64(), YMM()
	LEAQ(window(), p)
	MOVQ(n, off)
	NEGQ(off)
	VMOVUPS(Mem{Base: p, Index: off, Scale: uint8(g.size()), Disp: 32}, m)
	return m
}

// loadMasked loads the lanes of mask, zeros elsewhere, without touching other memory.
func (g isa) loadMasked(mem Mem, mask, dst Op) { g.set().LoadMasked(mem, mask, dst) }

// storeMasked stores the lanes of mask, without touching other memory.
func (g isa) storeMasked(src, mask Op, mem Mem) { g.set().StoreMasked(src, mask, mem) }

var windowData *Mem

// window is 32 bytes of ones and 32 of zeros: the mask of the first n bytes begins n bytes before
// the zeros.
func window() Mem {
	if windowData == nil {
		m := GLOBL("window", attr.RODATA|attr.NOPTR)
		for i := range 8 {
			DATA(8*i, U64(^uint64(0)*uint64(1-i/4)))
		}
		windowData = &m
	}
	return *windowData
}
