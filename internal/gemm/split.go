package gemm

import (
	"runtime"
	"sync"
)

const (
	// grain is how many multiplications are worth a goroutine.
	grain = 1 << 18
	// rowUnit and colUnit are multiples of the tiles of amd64, so that parts end with one.
	rowUnit = 12
	colUnit = 32
	// tallEnough is a number of rows over which it pays to pack all of B.
	tallEnough = 4 * rowUnit
)

// split computes C ← β C + A B in parts side by side: ranges of the rows of C, or of its columns
// when the rows are too few. C has ColStride 1.
func split[T Float](c Matrix[T], beta T, a, b Matrix[T]) {
	m, n, k := c.Rows, c.Cols, a.Cols
	parts := int(min(float64(runtime.GOMAXPROCS(0)), float64(m)*float64(n)*float64(k)/grain))
	byRows := m >= parts*tallEnough || n < parts*colUnit
	units := (n + colUnit - 1) / colUnit
	if byRows {
		units = (m + rowUnit - 1) / rowUnit
	}
	if parts = min(parts, units); parts <= 1 {
		product(c, beta, a, b)
		return
	}
	run := func(part int) {
		lo, hi := part*units/parts, (part+1)*units/parts
		if byRows {
			lo, hi = lo*rowUnit, min(hi*rowUnit, m)
			product(c.Slice(lo, hi, 0, n), beta, a.Slice(lo, hi, 0, k), b)
		} else {
			lo, hi = lo*colUnit, min(hi*colUnit, n)
			product(c.Slice(0, m, lo, hi), beta, a, b.Slice(0, k, lo, hi))
		}
	}
	var wg sync.WaitGroup
	for part := 1; part < parts; part++ {
		wg.Go(func() { run(part) })
	}
	run(0)
	wg.Wait()
}
