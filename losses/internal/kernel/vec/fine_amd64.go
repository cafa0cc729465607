//go:build !purego

package vec

import "math"

// steepest is how much more, in times of it, a function of e may be at one end of a sixteenth than
// at the other, times e: what rounding took from e counts as often.
const steepest = 0.09

// fineFor returns the plan of sigmoidFine for a smooth family.
func fineFor(f pieceFamily) *piecesPlan {
	p := &piecesPlan{ok: true}
	par := p.par()
	par[fineSure] = float32(f.last())
	for i := range 4 {
		of, most := f.near, 4. // beside an exponential that may be denormal
		if i == 2 {
			most = 0x1p30
		}
		if i >= 2 {
			of = f.far
		}
		at := func(e float64) float64 {
			v := of(-math.Log(max(e, 0x1p-40)))[i%2]
			if i != 2 {
				v *= raise
			}
			return v
		}
		for j := range fineCount {
			const half = 0.5 / fineScale
			table, middle := par[fineTables+i*fineTerms*fineCount+j:], (2*float64(j)+1)*half
			_, ok := fitInterval(table, fineTerms, fineCount, middle, half, at, most, 1)
			p.ok = p.ok && ok && middle*math.Abs(at(middle+half)/at(middle-half)-1) <= steepest
		}
	}
	return p
}
