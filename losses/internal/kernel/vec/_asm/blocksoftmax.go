package main

import (
	. "github.com/mmcloughlin/avo/operand"
)

// The numbers that blockSoftmax gives of W rows, in float64, W apart.
const (
	softmaxOdds   = iota // the exponentials but that of the maximum
	softmaxOthers        // the labels but its own
	softmaxDot           // Σ t (z - M)
	softmaxOwn           // the label of the maximum
	softmaxMax           // M
	softmaxTop           // its exponential
	softmaxLog           // log1p of the odds over that
	softmaxNumbers
)

// blockSoftmax emits ordinaryBlock for losses that are made of the softmax by others.
func (g isa) blockSoftmax(labels bool) {
	name, in := "blockSoftmax", "e, z, t *T"
	if !labels {
		name, in = "blockIndexSoftmax", "e, z *T, index *int"
	}
	g.text(name, "func("+in+", k, n int, numbers *float64, work, lanes *T) (declined uint32)",
		"stores the exponentials of n rows of k elements, W at most, in e, and what is to know of their softmax in "+
			"numbers; declined has the bits of the rows that are not ordinary ones or have a label that is none.")
	x := &ordinaryBlock{plainBlock: plainBlock{g: g}}
	s, rejected := g.ordinarySums(x, g.param("k"), true, labels)
	lanes, to := g.param("lanes"), g.param("numbers")
	put := func(which int, x, lost Op) {
		g.storeDoubles(x, lost, Mem{Base: to, Disp: which * 8 * g.lanes()})
	}
	put(softmaxOthers, s.others.sum, s.others.lost)
	put(softmaxDot, s.dot.sum, s.dot.lost)
	put(softmaxOwn, s.own, nil)
	put(softmaxMax, g.lane(lanes, "Max"), nil)
	if g.f64 {
		put(softmaxTop, g.lane(lanes, "Coef"), nil)
	} else {
		top, magic := g.loaded(g.lane(lanes, "Max")), g.loaded(g.lane(lanes, "Shift"))
		for i, e := range g.wideExpsInRow(x.x, top, magic) {
			g.store(e, Mem{Base: to, Disp: softmaxTop*8*g.lanes() + i*g.column()})
		}
	}
	put(softmaxOdds, s.r.sum, s.r.lost)
	ea := g.loaded(g.lane(lanes, "Coef"))
	log, _, _, parts := g.logOdds(g.value(s.r), ea)
	put(softmaxLog, log, g.lost(parts, log))
	g.ordinaryEnd(rejected)
}
