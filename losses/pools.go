package losses

import (
	"sync"

	"softloss/losses/internal/kernel"
)

// pools keep what is not at work for its memory, apart by element type.
type pools struct{ single, double sync.Pool }

// poolOf returns the pool of what computes in T.
func poolOf[T kernel.Float](p *pools) *sync.Pool {
	if _, ok := any(T(0)).(float32); ok {
		return &p.single
	}
	return &p.double
}
