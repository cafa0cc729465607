// Command asm generates the amd64 kernels of package vec: see the go:generate line there.
package main

import (
	"errors"
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
)

var (
	adapterFile  = flag.String("adapters", "", "file for the interface unit and the types that implement it")
	constantFile = flag.String("constants", "", "file for the constants that kernels and drivers agree on")
)

func main() {
	flag.Parse()
	ConstraintExpr("!purego")
	processor()
	for _, g := range isas {
		g.maxExp()
		g.find()
		g.above()
		g.sum()
		g.exps(true)
		g.exps(false)
		g.expDot(true)
		g.expDot(false)
		g.ordinary()
		g.ordinaryGrads()
		g.combine()
		g.scale()
		g.shift()
		g.labelSums()
		g.positives()
		g.smooth()
		g.smoothRows()
		g.smoothAlike()
		g.powTerms()
		g.polyTerms()
		g.focalTerms("focalTerms", false)
		g.focalTerms("focalFewTerms", true)
		g.smoothTerms("smoothTerms", smoothFew32, smoothFew64)
		g.smoothTerms("smoothMoreTerms", smoothMore32, smoothMore64)
		g.linkedTerms("linkedTerms", smoothFew32, smoothFew64)
		g.linkedTerms("linkedMoreTerms", smoothMore32, smoothMore64)
		g.tileIn()
		g.tileOut()
		g.tileHot()
		g.tileStats()
		g.tileSmooth()
		g.tileSoftmax()
		g.tileShift()
		g.labelGrads()
		g.tileLabelGrads()
		for _, index := range []bool{false, true} {
			g.tileCrossEntropy(true, index)
			g.tileCrossEntropy(false, index)
		}
		if g.avx512 && !g.f64 {
			g.pairCrossEntropy(true)
			g.pairCrossEntropy(false)
		}
		if !g.f64 {
			g.steepExpTerms()
			g.steepFocalTerms()
			g.evenRows()
			g.klSingleTerms()
		}
		g.sigmoid(sigmoidCrossEntropy)
		if g.avx512 && !g.f64 {
			g.sigmoid(sigmoidPieces)
			g.sigmoid(sigmoidDensePieces)
			g.apartPieces()
			for _, f := range marginPieces() {
				g.sigmoid(f)
			}
			for _, f := range marginProducts() {
				g.sigmoid(f)
			}
			g.sigmoid(sigmoidPowerPieces)
			g.sigmoid(sigmoidShifted)
			for _, f := range asymmetricSingles {
				g.sigmoid(f)
			}
			for _, f := range entmaxSingles {
				g.sigmoid(f)
			}
		}
		if !g.avx512 && !g.f64 {
			for _, f := range rowLosses {
				g.sigmoid(f)
			}
		}
		g.minusLogs()
		g.addRows()
		g.temperedSums()
		g.fewCrossEntropy(true)
		g.fewCrossEntropy(false)
		g.blockCrossEntropy(true)
		g.blockCrossEntropy(false)
		for _, grad := range []bool{true, false} {
			g.ordinaryBlock(grad, true)
			g.ordinaryBlock(grad, false)
		}
		g.blockSoftmax(true)
		g.blockSoftmax(false)
		g.blockExpSums()
		g.options()
		if !g.f64 {
			for _, f := range oddsLosses {
				g.sigmoid(f)
			}
			for _, f := range sigmoidSingles {
				g.sigmoid(f)
			}
			for _, f := range singleQuestions {
				f.exact = !g.avx512
				g.sigmoid(f)
			}
			g.maeErrors()
			g.maeSigns()
			g.combineClosely()
			g.expectation()
			g.affineClosely()
			g.labelRatios()
		}
		g.sizes()
		if g.f64 {
			g.wide()
			g.addEights()
			g.tileMAE()
			g.addSquares()
			g.tileExpectation()
			g.tileNCE()
			g.temperedTile()
			g.tileCombine()
			g.tileClass()
			g.tileClassGrads()
			g.klTile()
			g.temperedPowers()
			g.temperedShift()
			g.temperedWhole()
			g.rests()
			g.tileRests()
			g.tileBack()
			g.divergence()
			g.ratios()
			g.shiftRatios()
			g.meanRatios()
			g.takeRatios()
			g.closeDivergence()
			g.topExps()
			g.oddsClass()
			g.separables()
		}
	}
	for _, g := range shorts {
		g.klTile()
		g.tileMAE()
		g.shortTileStats()
		g.minusLogs()
		g.divergence()
		g.closeDivergence()
		g.separables()
	}
	for _, g := range wides {
		g.sum()
		g.exps(false)
		g.combine()
		g.tileIn()
		g.tileOut()
		g.tileHot()
		g.wide()
	}
	if err := errors.Join(writeAdapters(*adapterFile), writeConstants(*constantFile)); err != nil {
		log.Fatal(err)
	}
	alignFrames()
	pruneMoves()
	Generate()
}

// separables emits the kernels of separable losses for tiles.
func (g isa) separables() {
	for _, s := range separables {
		g.tileTerms(s)
		switch s.name {
		case "focalPow", likeSmooth, likeBase, nearPole: // which are focalN's, smooth's and base's
		default:
			g.classTerm(s)
		}
	}
}

// wide emits what computes in float64 whatever the type of the elements.
func (g isa) wide() {
	g.exps64()
	g.blockExps()
	g.maeSum()
	g.maeGrad()
	g.weightedSum()
	g.weighRows()
	g.tileWeigh()
	g.mixRows()
	g.smoothElements()
	g.elementLogits()
	g.divide(false)
	g.divide(true)
	g.lowered()
	g.shiftNumbers()
	g.addScaled()
	g.factors()
	g.multiply()
	g.moments()
	g.tilt()
	g.affine()
	g.reverseLabels()
	g.temperedMoments()
	g.temperedGrad()
	g.temperedLoss()
	if g.narrow {
		g.temperedLabels()
		if !g.avx512 {
			g.temperedRoots()
		}
	}
	g.widen()
	g.rowSums()
	g.weightedRowSums()
	g.centredRows()
	g.closeRatios()
	g.round()
	g.klTerms()
	g.klGrad()
	for _, s := range separables {
		if s.name != likeBase && s.name != nearPole { // which are likeSmooth's and base's
			g.exactTerms(s)
		}
	}
	for _, s := range sigmoids {
		g.sigmoid(s)
	}
	for _, s := range byLabels {
		g.byLabel(s)
	}
	if g.looksUp() {
		g.sigmoid(temperedWhole)
		g.byLabel(temperedWholeByLabel)
	}
	g.sparseScatter()
	g.temperedLogits("temperedLogits", 1)
	g.temperedLogits("temperedLogitsFar", 2)
	for n := 1; n <= 2; n++ {
		g.sparseTile(n, false)
		g.sparseTile(n, true)
		g.sparseNearTile(n, false)
		g.sparseNearTile(n, true)
		g.sparseFar(n)
		g.sparseGather(n, false)
		g.sparseGather(n, true)
		g.sparseRow(n, false)
		g.sparseRow(n, true)
	}
}
