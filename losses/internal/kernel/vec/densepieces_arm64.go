//go:build !purego

package vec

// densePlace returns where the numbers of an interval of sigmoidDensePieces stand in tables.
func densePlace(number int) int { return number - denseFirst }

// densePlan returns the plan of sigmoidDensePieces for elements both of whose classes are of a
// family.
func densePlan(f pieceFamily) *piecesPlan {
	p := denseFor(f)
	for i := range 4 {
		p.par[denseMost+i] = float32(125 / f.rate()) // where F is 0
	}
	return p
}
