//go:build !purego

package vec

import (
	"sync/atomic"

	"softloss/losses/internal/kernel/spec"
)

// lazyPieces are plans that are made when they are first wanted.
type lazyPieces struct{ made, odds, fine, dense, rows, products atomic.Pointer[piecesPlan] }

func (l *lazyPieces) piecesOf(yes, no pieceFamily) *piecesPlan {
	return lazy(&l.made, piecesFor, [2]pieceFamily{yes, no})
}

// oddsOf is the plan of a kernel of odds with AVX2.
func (l *lazyPieces) oddsOf(f pieceFamily) *piecesPlan { return lazy(&l.odds, oddsFor, f) }

// fineOf is that with AVX-512.
func (l *lazyPieces) fineOf(f pieceFamily) *piecesPlan { return lazy(&l.fine, fineFor, f) }

// denseOf is the plan of sigmoidDensePieces.
func (l *lazyPieces) denseOf(f pieceFamily) *piecesPlan { return lazy(&l.dense, denseFor, f) }

// rowsOf is the plan of sigmoidRows, marginRowsOf that of sigmoidMarginRows.
func (l *lazyPieces) rowsOf(yes, no pieceFamily) *piecesPlan {
	return lazy(&l.rows, rowsFor, [2]pieceFamily{yes, no})
}

func (l *lazyPieces) marginRowsOf(a spec.Asymmetric) *piecesPlan {
	return lazy(&l.rows, marginRowsFor, a)
}

// marginOf is the plan of a kernel of marginPieces.
func (l *lazyPieces) marginOf(a spec.Asymmetric) *piecesPlan { return lazy(&l.made, marginFor, a) }

// productsOf is the plan of a kernel of marginProducts.
func (l *lazyPieces) productsOf(a spec.Asymmetric) *piecesPlan {
	return lazy(&l.products, productsFor, a)
}

// lazy returns the plan at a place, where it puts one made for x if there is none.
func lazy[X any](place *atomic.Pointer[piecesPlan], makes func(X) *piecesPlan, x X) *piecesPlan {
	p := place.Load()
	if p == nil {
		p = makes(x)
		place.Store(p)
	}
	return p
}
