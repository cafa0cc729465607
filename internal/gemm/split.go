package gemm

import (
	"runtime"

	"softloss/internal/gemm/vec"
	"softloss/internal/parallel"
)

const (
	// grain is how many multiplications in plain Go are worth a goroutine, vectorGrain how many
	// with vectors, which take a twentieth of a millisecond. To wake another processor takes as long
	// at times, above all where it is a virtual machine's or busy: package parallel notices.
	grain       = 1 << 18
	vectorGrain = 1 << 22
	// rowUnit and colUnit are multiples of the tiles of amd64, so that blocks end with one.
	rowUnit = 12
	colUnit = 32
	// tallEnough is a number of rows over which it pays to pack all of B.
	tallEnough = 4 * rowUnit
	// turns is how many blocks of C a goroutine computes where all are equally quick.
	turns = 2
)

// split computes C ← β C + A B on as many processors as are worth it. C has ColStride 1.
func split[T Float](c Matrix[T], beta T, a, b Matrix[T]) {
	least := float64(grain)
	if vec.On() {
		least = vectorGrain
	}
	work := float64(c.Rows) * float64(c.Cols) * float64(a.Cols)
	inParts(int(min(float64(runtime.GOMAXPROCS(0)), work/least)), c, beta, a, b)
}

// inParts computes C ← β C + A B in up to so many goroutines, which take blocks of C: ranges of its
// rows, or of its columns when the rows are too few.
func inParts[T Float](parts int, c Matrix[T], beta T, a, b Matrix[T]) {
	byRows := c.Rows >= parts*tallEnough || c.Cols < parts*colUnit
	units := (c.Cols + colUnit - 1) / colUnit
	if byRows {
		units = (c.Rows + rowUnit - 1) / rowUnit
	}
	if parts = min(parts, units); parts <= 1 {
		product(c, beta, a, b)
		return
	}
	pool := parallel.PoolOf[T](&workers)
	w := parallel.Borrow(pool, func(w *worker[T]) { w.group.Body = func(_, lo, hi int) { w.run(lo, hi) } })
	w.job = job[T]{c: c, a: a, b: b, beta: beta, byRows: byRows}
	w.group.Run(units, (units+turns*parts-1)/(turns*parts), parts)
	w.job = job[T]{}
	pool.Put(w)
}

// job is a product that is computed in blocks.
type job[T Float] struct {
	c, a, b Matrix[T]
	beta    T
	byRows  bool
}

// run computes the units [lo, hi) of rows or columns.
func (j job[T]) run(lo, hi int) {
	m, n, k := j.c.Rows, j.c.Cols, j.a.Cols
	if j.byRows {
		lo, hi = lo*rowUnit, min(hi*rowUnit, m)
		product(j.c.Slice(lo, hi, 0, n), j.beta, j.a.Slice(lo, hi, 0, k), j.b)
		return
	}
	lo, hi = lo*colUnit, min(hi*colUnit, n)
	product(j.c.Slice(0, m, lo, hi), j.beta, j.a, j.b.Slice(0, k, lo, hi))
}

// worker computes one product at a time.
type worker[T Float] struct {
	job[T]
	group parallel.Group
}

// The workers that are not at work.
var workers parallel.Pools
