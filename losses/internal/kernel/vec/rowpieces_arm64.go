//go:build !purego

package vec

import (
	"sync/atomic"

	"softloss/losses/internal/kernel/spec"
)

// A rowLoss is a loss that has a plan of rows: the families of its classes and, of the asymmetric
// loss, the margin.
type rowLoss struct {
	yes, no pieceFamily
	margin  float64
}

type rowPlan struct {
	of     rowLoss
	pieces *piecesPlan
}

// rowPlans are those made last, lastRows counts them all.
var (
	rowPlans [8]atomic.Pointer[rowPlan]
	lastRows atomic.Uint32
)

// rowsOf returns the plan of sigmoidRows, or with a margin that of sigmoidMarginRows.
func rowsOf(l rowLoss) *piecesPlan {
	for i := range rowPlans {
		if p := rowPlans[i].Load(); p != nil && p.of == l {
			return p.pieces
		}
	}
	p := &rowPlan{of: l}
	if l.margin == 0 {
		p.pieces = rowsFor([2]pieceFamily{l.yes, l.no})
	} else {
		p.pieces = marginRowsFor(spec.Asymmetric{GammaPos: l.yes.a, GammaNeg: l.no.a, Margin: l.margin})
	}
	rowPlans[int(lastRows.Add(1))%len(rowPlans)].Store(p)
	return p.pieces
}
