//go:build !purego

package vec

// denseEnds returns where an interval of sigmoidDensePieces begins and ends.
func denseEnds(number float64) (least, most float64) {
	return max(denseScale/(number+0.5)-denseFrom, 0), min(denseScale/(number-0.5)-denseFrom, denseEnd)
}

// denseFor returns the plan of sigmoidDensePieces for elements both of whose classes are of a
// family.
func denseFor(f pieceFamily) *piecesPlan {
	p := newPlan(piecesPars)
	par, low := p.par, f.rateLow()
	par[denseLow] = float32(low)
	for i := range denseCount {
		number := denseFirst + i
		j := densePlace(number)
		const wider = 1.01 // as numbers of intervals are of a short inverse
		least, most := denseEnds(float64(number))
		middle, half := float64(float32((least+most)/2)), wider*(most-least)/2
		par[denseNumbers+denseMiddle*denseCount+j] = float32(middle)
		numbers := func(i int) []float32 { return par[denseNumbers+i*denseCount+j:] }
		p.ok = p.ok &&
			f.fitNear(numbers(denseRate), numbers(denseNear), denseTerms, denseCount, middle, half, i == 0, raise) &&
			fitDense(numbers(denseFar), denseTerms, denseCount, middle, half, 0, denseLimits, f.farFalls)
	}
	p.ok = p.ok && f.steady(denseEnd)
	return p
}
