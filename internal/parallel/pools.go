package parallel

import (
	"sync"
	"unsafe"
)

// Pools keep what is not at work for its memory, apart by the element type that it is for.
type Pools struct{ single, double sync.Pool }

// PoolOf returns the pool of what is for T.
func PoolOf[T float32 | float64](p *Pools) *sync.Pool {
	if unsafe.Sizeof(T(0)) == 4 { // a constant
		return &p.single
	}
	return &p.double
}

// Borrow returns what is not at work, or a new one that ready has made ready, for the pool to take
// back.
func Borrow[X any](pool *sync.Pool, ready func(*X)) *X {
	x, _ := pool.Get().(*X)
	if x == nil {
		x = new(X)
		ready(x)
	}
	return x
}
