//go:build !purego

package vec

import (
	"sync/atomic"

	"softloss/losses/internal/kernel/spec"
)

// lazyPieces are plans that are made when they are first wanted.
type lazyPieces struct{ made, odds, fine atomic.Pointer[piecesPlan] }

func (l *lazyPieces) piecesOf(yes, no pieceFamily) *piecesPlan {
	p := l.made.Load()
	if p == nil {
		p = piecesFor(yes, no)
		l.made.Store(p)
	}
	return p
}

// oddsOf is the plan of a kernel of odds.
func (l *lazyPieces) oddsOf(f pieceFamily) *piecesPlan {
	p := l.odds.Load()
	if p == nil {
		p = oddsFor(f)
		l.odds.Store(p)
	}
	return p
}

// fineOf is the plan of sigmoidFine.
func (l *lazyPieces) fineOf(f pieceFamily) *piecesPlan {
	p := l.fine.Load()
	if p == nil {
		p = fineFor(f)
		l.fine.Store(p)
	}
	return p
}

// marginOf is the plan of sigmoidMarginPieces.
func (l *lazyPieces) marginOf(a spec.Asymmetric) *piecesPlan {
	p := l.made.Load()
	if p == nil {
		p = marginFor(a)
		l.made.Store(p)
	}
	return p
}
