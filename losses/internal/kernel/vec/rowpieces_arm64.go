//go:build !purego

package vec

import (
	"softloss/losses/internal/kernel/recent"
	"softloss/losses/internal/kernel/spec"
)

// A rowLoss is a loss that has a plan of rows: the families of its classes and, of the asymmetric
// loss, the margin.
type rowLoss struct {
	yes, no pieceFamily
	margin  float64
}

var rowPlans recent.Plans[rowLoss, piecesPlan]

// rowsOf returns the plan of sigmoidRows, or with a margin that of sigmoidMarginRows.
func rowsOf(l rowLoss) *piecesPlan { return rowPlans.For(l, newRows) }

func newRows(l rowLoss) *piecesPlan {
	if l.margin == 0 {
		return rowsFor([2]pieceFamily{l.yes, l.no})
	}
	return marginRowsFor(spec.Asymmetric{GammaPos: l.yes.a, GammaNeg: l.no.a, Margin: l.margin})
}
