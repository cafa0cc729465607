// Command asm generates the amd64 kernels of package kernel: see the go:generate line there.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
)

var adapterFile = flag.String("adapters", "", "file for the interface unit and the types that implement it")

func main() {
	flag.Parse()
	ConstraintExpr("!purego")
	for _, g := range isas {
		g.maxExp()
		g.find()
		g.sum()
		g.exps(true)
		g.exps(false)
		g.expDot(true)
		g.expDot(false)
		g.exp()
		g.combine()
		g.scale()
		g.shift()
		g.labelSums()
		g.smooth()
		g.maeSum()
		g.maeGrad()
		g.focalTerms()
		g.polyTerms()
		g.gceTerms()
		g.tileIn()
		g.tileOut()
		g.tileStats()
		g.tileSmooth()
		g.tileSoftmax()
		g.tileShift()
		g.tileCrossEntropy(true)
		g.tileCrossEntropy(false)
		g.tileMAE()
	}
	if *adapterFile != "" {
		if err := writeAdapters(*adapterFile); err != nil {
			log.Fatal(err)
		}
	}
	Generate()
}
