//go:build !purego && (amd64 || arm64)

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// rowsFor returns the plan of sigmoidRows for the families of yes and no.
func rowsFor(of [2]pieceFamily) *piecesPlan {
	yes, no := of[0], of[1]
	p := newPlan(rowMargins)
	if p.ok = yes.rateLow() == no.rateLow(); !p.ok {
		return p
	}
	p.par[rowLow] = float32(yes.rateLow())
	for i, likely := range [2]pieceFamily{no, yes} {
		other := [2]pieceFamily{yes, no}[i]
		p.ok = p.ok && p.fitNears(i, likely) && p.fitFars(i, other.farFalls) && likely.steady(rowEnd)
	}
	return p
}

// rowEnds returns where interval j of |z| begins, and the one before ends.
func rowEnds(j int) float64 { return rowWidth * (rowStep(j) - 1) }

// rowStep returns where interval j of y begins, of as many between one power of two and the next.
func rowStep(j int) float64 {
	const octave = 1 << rowPlaces
	return math.Ldexp(1+float64(j%octave)/octave, j/octave)
}

// rowOf returns the middle of interval j of |z|, half its size, and its numbers of those from first
// on, of a likely yes where i is 1 and no where it is 0.
func (p *piecesPlan) rowOf(first, i, j int) (middle, half float64, row []float32) {
	least, most := rowEnds(j), rowEnds(j+1)
	return (least + most) / 2, (most - least) / 2, p.par[first+(i*rowCount+j)*rowEach:][:rowEach]
}

// fitNears stores N of a likely class.
func (p *piecesPlan) fitNears(i int, f pieceFamily) (ok bool) {
	ok = true
	for j := range rowCount {
		middle, half, row := p.rowOf(rowTable, i, j)
		ok = ok && f.fitNear(row, row[rowNear:], rowTerms, 1, middle, half, j == rowCount-1, 1<<rowRaise)
	}
	return ok
}

// fitFars stores R of the class that is not the likely one.
func (p *piecesPlan) fitFars(i int, at func(a float64) (v, slope float64)) (ok bool) {
	ok = true
	for j := range rowCount {
		middle, half, row := p.rowOf(rowFars, i, j)
		ok = ok && fitDense(row, rowEach, 1, middle, half, 0, denseLimits, at)
	}
	return ok
}

// marginRowsFor returns the plan of sigmoidMarginRows.
func marginRowsFor(a spec.Asymmetric) *piecesPlan {
	m, gamma, yes := a.Margin, a.GammaNeg, pieceFamily{spec.Focal, a.GammaPos}
	p := newPlan(rowPars)
	end := math.Log((1 - m) / m)
	most := float32(end) // the |z| at which no costs least
	if float64(most) >= end {
		most = math.Nextafter32(most, 0)
	}
	if p.ok = m < 0.5 && gamma >= 1 && end < rowStep(rowSteps-1)*math.Exp2(rowLeast) &&
		end-float64(most) >= math.Exp2(rowLeast); !p.ok { // it would be in the row of zeros
		return p
	}
	p.par[rowLow] = float32(yes.rateLow())
	p.par[rowFinal] = float32(end)
	p.par[rowFinal+1] = float32(end - float64(float32(end)))
	// Of d = 1-p-m for the p of no, and p (1-p).
	of := func(d, both float64) (v, slope float64) {
		log := -math.Log1p(-d)
		w := math.Pow(d, gamma)
		return w * log, both * (gamma*math.Pow(d, gamma-1)*log + w/(1-d))
	}
	near := func(x float64) (v, slope float64) { // of x = end - |z|
		grown := math.Expm1(x)
		d := m * (1 - m) * grown / (1 + m*grown)
		v, slope = of(d, (d+m)*(1-m-d))
		return v * (1 << rowLift), slope * (1 << rowLift)
	}
	for j := range rowSteps - 1 {
		least, most := math.Ldexp(rowStep(j), rowLeast), math.Ldexp(rowStep(j+1), rowLeast)
		middle, row := (least+most)/2, p.par[rowMargins+(j+1)*rowEach:][:rowEach]
		row[0] = -p.par[rowLow]
		const nothing = 0x1p-152 * (1 << rowLift)
		if v, slope := near(middle); least < end && max(v, slope) > nothing {
			p.ok = p.ok && fitDense(row[rowNear:], rowTerms, 1, middle, (most-least)/2, 0,
				[2]float64{0x1p-124, 1 << rowLift}, func(a float64) (v, slope float64) { return near(2*middle - a) })
		}
	}
	far := func(a float64) (v, slope float64) {
		_, no := spec.Sides(a)
		v, slope = of(no.Rest-m, no.P*no.Rest)
		return v, -slope
	}
	steady := func(a float64) (v, slope float64) {
		v, slope = far(a)
		return v, slope * math.Exp(a)
	}
	v, slope := steady(rowEnd)
	last, lastSlope := steady(28)
	p.ok = p.ok && math.Abs(v-last) <= 0x1p-23*last && math.Abs(slope-lastSlope) <= -0x1p-23*lastSlope &&
		p.fitNears(1, yes) && yes.steady(rowEnd) && p.fitFars(0, yes.farFalls) && p.fitFars(1, far)
	return p
}
