package main

import (
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// text begins a function; sig is its Go signature with T for the element type.
func (g isa) text(name, sig string, doc ...string) {
	TEXT(name+g.suffix(), attr.NOSPLIT, goSignature(sig, g.goType(), g.goFloat()))
	Pragma("noescape")
	Doc(wrap(name + g.suffix() + " " + strings.Join(doc, " "))...)
	labels = 0
	recordAdapter(g, name, sig)
}

// wrap breaks a text into lines for comments of 100 columns.
func wrap(text string) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line+" "+word) > 97 {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

// ret ends a function.
func (g isa) ret() {
	VZEROUPPER()
	RET()
}

var labels int

// label returns a name that is new in this function.
func label(s string) string {
	labels++
	return fmt.Sprintf("%s%d", s, labels)
}

func (g isa) param(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// arg is where a parameter of the element type lies.
func (g isa) arg(name string) Mem { return address(Param(name)) }

// broadcast loads a parameter of the element type into all lanes.
func (g isa) broadcast(name string) reg.VecVirtual {
	v := g.vec()
	g.bcast(g.arg(name), v)
	return v
}

// held is broadcast, parked.
func (g isa) held(name string) Op { return g.park(g.broadcast(name)) }

// park returns v, for AVX2 in memory, where registers are few.
func (g isa) park(v reg.VecVirtual) Op {
	if g.avx512 {
		return v
	}
	return g.spill(v)
}

// loaded returns in a register what was parked.
func (g isa) loaded(x Op) reg.VecVirtual {
	if v, ok := x.(reg.VecVirtual); ok {
		return v
	}
	v := g.vec()
	g.load(x, v)
	return v
}

// kept is park for a register that is overwritten.
func (g isa) kept(v reg.VecVirtual) Op {
	if !g.avx512 {
		return g.spill(v)
	}
	x := g.vec()
	g.move(v, x)
	return x
}

// parkMask is park for a mask, which maskOf returns.
func (g isa) parkMask(m mask) Op {
	if g.avx512 {
		return m.op
	}
	return g.spill(m.op.(reg.VecVirtual))
}

func (g isa) maskOf(x Op) mask {
	if g.avx512 {
		return mask{op: x}
	}
	return mask{op: g.loaded(x)}
}

// places is park for loops, whose copies share n places.
func (g isa) places(n int) func(i int, v reg.VecVirtual) Op {
	if g.avx512 {
		return func(_ int, v reg.VecVirtual) Op { return v }
	}
	return g.stored(n)
}

// stored is places in memory.
func (g isa) stored(n int) func(i int, v reg.VecVirtual) Op {
	var ms []Mem
	for range n {
		ms = append(ms, g.local(g.column()))
	}
	return func(i int, v reg.VecVirtual) Op {
		g.store(v, ms[i])
		return ms[i]
	}
}

// spill returns v in memory.
func (g isa) spill(v reg.VecVirtual) Op {
	m := g.local(g.column())
	g.store(v, m)
	return m
}

// result stores the lowest lane of v as a result.
func (g isa) result(v reg.VecVirtual, name string) {
	if g.f64 {
		VMOVSD(v.AsX(), address(Return(name)))
	} else {
		VMOVSS(v.AsX(), address(Return(name)))
	}
}

func address(c gotypes.Component) Mem {
	b, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// pointer and where it stands: element i of it is at(…).
func at(p reg.GPVirtual, i reg.GPVirtual, g isa, disp int) Mem {
	return Mem{Base: p, Index: i, Scale: uint8(g.size()), Disp: disp}
}

// loop emits body over n elements: unroll vectors at once, then one, then the tail. body gets the
// index register, the number of the vector in the unrolled group and, for the tail, its mask.
func (g isa) loop(n reg.GPVirtual, unroll int, body func(i reg.GPVirtual, v int, m *mask)) {
	g.loopBy(n, unroll, body, inTurn)
}

// inTurn emits one body after the other.
func inTurn(bodies ...func()) {
	for _, body := range bodies {
		body()
	}
}

// wholes is loop without the tail.
func (g isa) wholes(n reg.GPVirtual, unroll int, body func(i reg.GPVirtual, v int)) {
	i, left := GP64(), GP64()
	XORQ(i, i)
	MOVQ(n, left)
	for _, count := range []int{unroll, 1} {
		several, fewer := label("several"), label("fewer")
		Label(several)
		SUBQ(Imm(uint64(count*g.lanes())), left)
		JLT(LabelRef(fewer))
		for v := range count {
			body(i, v)
		}
		ADDQ(Imm(uint64(count*g.lanes())), i)
		JMP(LabelRef(several))
		Label(fewer)
		ADDQ(Imm(uint64(count*g.lanes())), left)
	}
}

// interleaved is loop with bodies of long chains: with AVX-512 two of them in turns.
func (g isa) interleaved(n reg.GPVirtual, body func(i reg.GPVirtual, v int, m *mask)) {
	if !g.avx512 { // registers are few
		g.loop(n, 1, body)
		return
	}
	g.loopBy(n, 2, body, interleave)
}

func (g isa) loopBy(n reg.GPVirtual, unroll int, body func(i reg.GPVirtual, v int, m *mask),
	emit func(bodies ...func())) {
	i, left := GP64(), GP64()
	XORQ(i, i)
	MOVQ(n, left)
	if unroll > 1 {
		big, small := label("big"), label("small")
		Label(big)
		CMPQ(left, Imm(uint64(unroll*g.lanes())))
		JLT(LabelRef(small))
		bodies := make([]func(), unroll)
		for v := range bodies {
			bodies[v] = func() { body(i, v, nil) }
		}
		emit(bodies...)
		ADDQ(Imm(uint64(unroll*g.lanes())), i)
		SUBQ(Imm(uint64(unroll*g.lanes())), left)
		JMP(LabelRef(big))
		Label(small)
	}
	g.rest(i, left, func(m *mask) { body(i, 0, m) })
}

// rest emits body for the elements that are left, from i on: vector by vector, then the tail.
func (g isa) rest(i, left reg.GPVirtual, body func(m *mask)) {
	next, tail := label("next"), label("tail")
	Label(next)
	CMPQ(left, Imm(uint64(g.lanes())))
	JLT(LabelRef(tail))
	body(nil)
	ADDQ(Imm(uint64(g.lanes())), i)
	SUBQ(Imm(uint64(g.lanes())), left)
	JMP(LabelRef(next))
	Label(tail)
	g.partial(left, body)
}

// partial emits body for the elements that are left, fewer than a vector has, if there are any.
func (g isa) partial(left reg.GPVirtual, body func(m *mask)) {
	done := label("done")
	TESTQ(left, left)
	JEQ(LabelRef(done))
	m := g.tail(left)
	body(&m)
	Label(done)
}

// blocks is loop, vector by vector, with what is between blocks of [inBlock], unless that is nil.
func (g isa) blocks(n reg.GPVirtual, body func(i reg.GPVirtual, v int, m *mask), between func()) {
	if between == nil {
		g.loop(n, 1, body)
		return
	}
	i, left, count := GP64(), GP64(), GP64()
	block, next, tail := label("block"), label("next"), label("tail")
	XORQ(i, i)
	MOVQ(n, left)
	Label(block)
	MOVQ(U32(inBlock), count)
	Label(next)
	CMPQ(left, Imm(uint64(g.lanes())))
	JLT(LabelRef(tail))
	body(i, 0, nil)
	ADDQ(Imm(uint64(g.lanes())), i)
	SUBQ(Imm(uint64(g.lanes())), left)
	DECQ(count)
	JNE(LabelRef(next))
	between()
	JMP(LabelRef(block))
	Label(tail)
	g.partial(left, func(m *mask) { body(i, 0, m) })
}

// interleave emits what the bodies emit, which have no branches, in turns: a processor looks ahead
// a hundred instructions, less than one of them takes in long chains. A body may emit parts of its
// own in turns.
func interleave(bodies ...func()) {
	type turns struct {
		next  func() (struct{}, bool)
		yield func()
	}
	outer := emitted
	all := make([]turns, len(bodies))
	for i, body := range bodies {
		all[i].next, _ = iter.Pull(func(yield func(struct{}) bool) {
			all[i].yield = func() { yield(struct{}{}) }
			emitted = all[i].yield
			body()
		})
	}
	for left := len(all); left > 0; {
		for i := range all {
			if all[i].next == nil {
				continue
			}
			if all[i].yield != nil {
				emitted = all[i].yield
			}
			if _, ok := all[i].next(); !ok {
				all[i].next = nil
				left--
			} else {
				outer()
			}
		}
	}
	emitted = outer
}

// emitted is called after every instruction of [isa.pick].
var emitted = func() {}

// get loads vector v of p at i, with zeros past the tail.
func (g isa) get(p, i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	x := g.vec()
	if m == nil {
		g.fetch(at(p, i, g, v*g.bytes()), x)
	} else {
		g.loadTail(at(p, i, g, 0), *m, x)
	}
	return x
}

// getElements is get of float32 that are computed with in float64, as they are.
func (g isa) getElements(p, i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	if m != nil {
		return g.tailElements(at(p, i, g, 0), *m)
	}
	x := reg.VecVirtual(XMM())
	if g.avx512 {
		x = YMM()
	}
	VMOVUPS(at(p, i, g, v*g.bytes()), x)
	return x
}

// put stores vector v of p at i.
func (g isa) put(x Op, p, i reg.GPVirtual, v int, m *mask) {
	if m == nil {
		g.leave(x, at(p, i, g, v*g.bytes()))
	} else {
		g.storeTail(x, *m, at(p, i, g, 0))
	}
}

// zeros returns n vectors of zeros.
func (g isa) zeros(n int) []reg.VecVirtual {
	vs := make([]reg.VecVirtual, n)
	for i := range vs {
		vs[i] = g.vec()
		g.zero(vs[i])
	}
	return vs
}

// getFloat64 loads vector v of p at i, where p points to float64 whatever the type of other
// elements.
func (g isa) getFloat64(p, i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	g.narrow = false
	return g.get(p, i, v, m)
}

// putFloat64 stores vector v of p at i, where p points to float64.
func (g isa) putFloat64(x Op, p, i reg.GPVirtual, v int, m *mask) {
	g.narrow = false
	g.put(x, p, i, v, m)
}
