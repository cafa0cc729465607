package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileOption emits one of tileOptions. What it computes of a row is one long chain of dependent
// numbers. With AVX-512, which has the registers, those of two tiles are computed in turns. With
// AVX2 each part of the chain is a pass, of so few instructions that a processor looks ahead to the
// next tiles.
func (g isa) tileOption(x tileLogits, index bool) {
	x.sums(index)
	if o := g.optionTiles(x, index); g.avx512 {
		o.pass(optionParts...)
	} else {
		for _, part := range optionParts {
			o.pass(part)
		}
	}
	g.tileColumns(index)
	g.ret()
}

// optionTiles are the tiles of a kernel with options: pointers to what the next ones take and
// store, and two of them.
type optionTiles struct {
	g     isa
	lanes [2]reg.GPVirtual
	moved []tilePointer
	tiles [2]optionTile
}

// tilePointer is a parameter, and how many bytes behind what is there that of the next tile lies.
type tilePointer struct {
	name string
	at   reg.GPVirtual
	step Op
}

// optionTile are the numbers of a tile, and where what it takes and stores lies.
type optionTile struct {
	optionNumbers
	declined, loss, lse, extra, f Mem
}

// optionParts are what is computed of a tile, one after the other.
var optionParts = []optionPart{{emit: (*optionTile).ofExponentials}, {emit: (*optionTile).ofLabels},
	{emit: (*optionTile).ofExtra, extra: true}, {emit: (*optionTile).forGradients}}

// optionPart is a part of what is computed of a tile, perhaps where there is an extra alone.
type optionPart struct {
	emit  func(t *optionTile)
	extra bool
}

func (g isa) optionTiles(x tileLogits, index bool) *optionTiles {
	o := &optionTiles{g: g, lanes: [2]reg.GPVirtual{GP64(), GP64()}}
	doubles := 8 * g.lanes()
	pointer := func(name string, step Op) reg.GPVirtual {
		o.moved = append(o.moved, tilePointer{name, GP64(), step})
		return o.moved[len(o.moved)-1].at
	}
	step, extraStep := g.param("step"), g.param("extraStep")
	declined, loss, lse := pointer("declined", Imm(4)), pointer("loss", U32(uint32(doubles))),
		pointer("lse", U32(uint32(doubles)))
	f, extra := pointer("f", step), pointer("extra", extraStep)
	for i, lanes := range o.lanes {
		t := optionTile{declined: Mem{Base: declined, Disp: 4 * i}, loss: Mem{Base: loss, Disp: doubles * i},
			lse: Mem{Base: lse, Disp: doubles * i}, extra: nthOf(extra, extraStep, i), f: nthOf(f, step, i)}
		t.optionNumbers = optionNumbers{g: g, lanes: lanes,
			park:    func(v reg.VecVirtual, name string) Op { return g.parkLane(v, lanes, name) },
			decline: func(rows mask) { ORL(g.maskBits(rows), t.declined) }}
		t.m, t.more = x.maxima(lanes)
		t.labels = crossEntropySums{hot: index, reach: lanesReach}
		o.tiles[i] = t
	}
	return o
}

// pass emits parts for all tiles.
func (o *optionTiles) pass(parts ...optionPart) {
	for _, p := range o.moved {
		Load(Param(p.name), p.at)
	}
	o.g.tilePairs(o.lanes, func(n int) {
		for _, part := range parts {
			var bodies []func()
			for i := range n {
				bodies = append(bodies, func() { part.emit(&o.tiles[i]) })
			}
			if part.extra {
				o.g.withExtra(func(reg.GPVirtual) { interleave(bodies...) })
			} else {
				interleave(bodies...)
			}
		}
		for _, p := range o.moved {
			for range n {
				ADDQ(p.step, p.at)
			}
		}
	})
}

func (t *optionTile) ofExponentials() {
	t.g.loadSums(t.lanes, t.labels.exponentials())
	t.logs(t.labels.r, t.g.lane(t.lanes, "Under"))
}

func (t *optionTile) ofLabels() {
	t.g.loadSums(t.lanes, t.labels.labels(t.g.f64))
	t.sums(t.labels)
	sure := t.losses(t.loss)
	t.g.store(t.g.sureTop(t.lanes, "Coef", sure), t.g.lane(t.lanes, "Mark"))
}

func (t *optionTile) ofExtra() { t.addExtra(t.extra, t.lse) }

func (t *optionTile) forGradients() { t.g.keepCoefficients(t.lanes, t.results(t.f)) }

// nthOf is number i of those that lie step bytes apart, 0 or 1.
func nthOf(p, step reg.GPVirtual, i int) Mem {
	if i == 0 {
		return Mem{Base: p}
	}
	return Mem{Base: p, Index: step, Scale: uint8(i)}
}
