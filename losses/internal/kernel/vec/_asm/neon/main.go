// Command neon generates the arm64 kernels of package vec: see the go:generate line there.
package main

import (
	"fmt"

	. "softloss/internal/_asm/neon"
	"softloss/losses/internal/kernel/vec/_asm/rowplan"
)

// asm collects the text of the assembly.
type asm struct {
	*Asm
	elements64 bool // the elements in memory of a kernel that computes in float64
}

func main() {
	preamble := fmt.Sprintf(`
// block is how many elements, or a multiple of it, the kernels of exponentials and terms want.
func block[T spec.Float]() int { return %d / spec.Size[T]() }

// powerBits is how many bits whole exponents have, which begin at parBits, and the last bit at
// parLast.
const powerBits, parBits, parLast = %d, %d, %d

// smoothNarrow and smoothWide are how many coefficients polynomials of smooth families have, for
// float32 and float64; smoothWide is the larger.
const smoothNarrow, smoothWide = %d, %d

// singleTerms is how many coefficients each polynomial of a singlePlan has.
const singleTerms = %d

// The plans of sigmoidRows, which raise exponentials by 2^pieceRaise.
const (
%spieceRaise = rowRaise
)

// expOffset is what magic has beside the middle of its binade less the shift.
const expOffset = %d
`, unroll*16, powerBits, parBits, parLast, smoothNarrow, smoothWide, singleTerms,
		rowplan.Constants(), offset)
	Main("softloss/losses/internal/kernel/spec", preamble, func(a *Asm) { (&asm{Asm: a}).kernels() })
}

// pointers loads parameters: each name comes before its register.
func (a *asm) pointers(namesAndRegisters ...string) {
	for i := 0; i < len(namesAndRegisters); i += 2 {
		a.Pointer(namesAndRegisters[i], namesAndRegisters[i+1])
	}
}

func (a *asm) kernels() {
	a.rowMax()
	a.find()
	a.exps(false, false)
	a.exps(true, false)
	a.exps(false, true)
	a.exps(true, true)
	a.elementwise()
	a.exps64(false)
	a.exps64(true)
	a.preparedRows()
	a.mae()
	a.softmaxGrad()
	a.polyTerms()
	a.focalTerms()
	a.gceTerms()
	a.smoothTerms()
	a.powerTerms()
	a.gradient()
	a.labels()
	a.shiftMost()
	a.widths()
	a.shares()
	a.smoothElements()
	a.klTerms()
	a.klSlopes()
	a.gradientPieces()
	a.sigmoidCrossEntropy()
	a.sigmoid("sigmoidPoly", "φ = -l + a (1-p); par is a and 1+a.", a.polyQuestion)
	a.sigmoid64("sigmoidGCE", "φ = (1 - p^a)/a; par is a and 1/a.", a.gceQuestion)
	a.sigmoid("sigmoidFocal", "φ = -(1-p)^a l; par is a.", a.focalQuestion(a.exponentials))
	a.sigmoid64("sigmoidFocal2", "φ = -(1-p)² l; par is 2.", a.focalQuestion(a.squares))
	a.sigmoid64("sigmoidFocalWhole", "φ = -(1-p)^a l; par is a and the bits of a.", a.focalQuestion(a.wholePowers))
	a.sigmoidReloading("sigmoidMargin",
		"One of the labels is 0, the other the u of φ = -d^γ log(1-d) of no, d = max(1-p-margin, 0);\n"+
			"par is γ, the margin, and the bits of γ-1, or of γ = 0, and whether that is γ-1.", a.margin)
	a.sigmoidReloading("sigmoidKL", "The loss is the sum of t (log t - l) of both classes.", a.klOfElements)
	a.sigmoid64("sigmoidNormalised", "The loss is the question Normalised.", a.normalisedQuestion)
	a.sigmoid("sigmoidPenalised", "The loss is the question Penalised; par is A.", a.penalisedQuestion)
	a.sigmoidReloading("sigmoidSymmetric", "The loss is the question Symmetric; par is A, B and C.", a.symmetric)
	a.sigmoidReloading("sigmoidSparsemax", "The loss is the question Sparsemax.", a.sparsemax)
	a.sigmoidReloading("sigmoidEntmax", "The loss is the question Entmax15.", a.entmax15)
	a.sigmoidSmooth()
	a.singles("sigmoidPolySingle", "φ = -l + a (1-p).", a.polySingle)
	a.singles("sigmoidGCESingle", "φ = (1 - p^a)/a.", a.gceSingle)
	a.rowPieces()
	a.questionSingle("sigmoidReverseSingle", "The loss is the question Symmetric of A = 0; "+symmetricPar, []float64{1},
		[]float64{0x1.8p-51}, a.symmetricSingle(false))
	a.questionSingle("sigmoidSymmetricSingle", "The loss is the question Symmetric; "+symmetricPar, []float64{1},
		[]float64{0x1.8p-51}, a.symmetricSingle(true))
	a.questionSingle("sigmoidNormalisedSingle", "The loss is the question Normalised.", []float64{2, 1}, []float64{1, 0},
		a.normalisedSingle)
	a.sigmoidMAE()
}
