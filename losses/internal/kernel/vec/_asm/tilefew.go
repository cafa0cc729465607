package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Tiles of two or three columns are as many vectors as their rows: AVX-512 makes one of the others
// by permutations of two vectors.

// withFewColumns emits, before what is for other tiles, the functions tileIn and tileOut for those
// of few columns: vector v of dst has in lane i number from(v, i) of those of src.
func (g isa) withFewColumns(dst, src, k reg.GPVirtual, from func(columns, v, i int) int) {
	if !g.avx512 || g.narrow {
		return
	}
	for _, n := range []int{2, 3} {
		other, tile := label("other"), label("few")
		CMPQ(k, Imm(uint64(n)))
		JNE(LabelRef(other))
		var tables [][]reg.VecVirtual
		for v := range n {
			tables = append(tables, g.permutations(n, func(i int) int { return from(n, v, i) }))
		}
		Label(tile)
		for v, table := range tables {
			x := g.loaded(Mem{Base: src})
			for j, t := range table {
				g.pick(VPERMT2PS, VPERMT2PD, Mem{Base: src, Disp: (j + 1) * g.column()}, t, x)
			}
			g.store(x, Mem{Base: dst, Disp: v * g.column()})
		}
		ADDQ(U32(uint32(n*g.column())), src)
		ADDQ(U32(uint32(n*g.column())), dst)
		DECQ(address(Param("tiles")))
		JNE(LabelRef(tile))
		g.ret()
		Label(other)
	}
}

// permutations returns what VPERMT2 takes to gather a vector from n, the second one first: lane i
// is number from(i) of all.
func (g isa) permutations(n int, from func(i int) int) (tables []reg.VecVirtual) {
	for j := 1; j < n; j++ {
		var numbers []int
		for i := range g.lanes() {
			number := from(i) - (j-1)*g.lanes()
			switch {
			case j > 1 && number < g.lanes(): // it is there
				number = i
			case number >= 2*g.lanes(): // it comes later
				number = 0
			}
			numbers = append(numbers, number)
		}
		v := g.vec()
		g.pick(VMOVUPS, VMOVUPD, g.numbers(numbers), v)
		tables = append(tables, v)
	}
	return tables
}

// numbers returns memory that holds a vector of integers as wide as the numbers.
func (g isa) numbers(xs []int) Mem {
	name := fmt.Sprint("numbers", g.floatSize())
	for _, x := range xs {
		name += fmt.Sprintf("_%d", x)
	}
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i, x := range xs {
		if g.f64 {
			DATA(i*8, U64(x))
		} else {
			DATA(i*4, U32(x))
		}
	}
	constants[name] = m
	return m
}
