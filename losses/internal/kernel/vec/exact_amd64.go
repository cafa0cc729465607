//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// exact is what the softmax of a row needs in float64, of logits with the maximum m at a.
type exact struct {
	a          int
	m, log     float64 // log is log1p(r) for the odds r against the maximum
	coef, rest float64 // what makes probabilities of exponentials, and 1 - p of the maximum
}

// exactRow stores the exponentials of z in e. ok is false for a row that is for the specification.
func exactRow[T spec.Float](u unit[T], v wide[T], e []float64, z []T) (x exact, ok bool) {
	s, ok := begin(u, z)
	if !ok {
		return x, false
	}
	return exactSoftmax(u, v, e, z, s)
}

// exactOf is exactRow for an ordinary row of which the softmax is known to the digits of float32.
func exactOf(e []float64, z []float32, s spec.SoftmaxOf) (x exact, ok bool) {
	var row softrow[float32]
	row.set(float32(s.Max), float32(math.RoundToEven(s.Max*math.Log2E)), 0, len(z))
	return exactSoftmax(unitOf[float32](), wideOf[float32](), e, z, row)
}

// exactSoftmax is exactRow for a row whose maximum is known.
func exactSoftmax[T spec.Float](u unit[T], v wide[T], e []float64, z []T, s softrow[T]) (x exact, ok bool) {
	low := float64(s.low)
	if spec.Size[T]() == 4 { // exponentials that are 0 in float32 are not
		low = float64(s.m) - 700
	}
	sum := v.exps64(&e[0], &z[0], len(z), float64(s.m), low, float64(s.shift), s.ahead)
	if sum != sum { // there is a NaN
		return x, false
	}
	a := u.find(&z[0], len(z), s.m)
	r := (sum - e[a]) / e[a]
	if sum <= spread*e[a] {
		r = (Sum(e[:a]) + Sum(e[a+1:])) / e[a]
	}
	return exact{a: a, m: float64(s.m), log: math.Log1p(r), coef: 1 / ((1 + r) * e[a]), rest: r / (1 + r)}, true
}

// exactRows computes a loss in float64, for labels t: row does for one row, of exponentials e, and
// returns false where that is for the specification, generic, which returns false for an invalid
// label. Unless labelGrad is nil row stores the gradients by the labels in l. scratch holds k
// elements.
func exactRows[T spec.Float](loss []float64, grad, labelGrad, z, t, scale []T, scratch []float64, k int,
	row func(s exact, loss *float64, g, l []T, e []float64, x, y []T, f float64) (ok bool),
	generic func(j int) (valid bool)) (bad int) {
	u, v := unitOf[T](), wideOf[T]()
	if inBlocks(u, k) {
		return exactBlocks(u, v, loss, grad, labelGrad, z, t, scale, k, row, generic)
	}
	for j := range loss {
		if !exactOne(loss, grad, labelGrad, z, t, scale, scratch, k, j, row) && !generic(j) {
			return j
		}
	}
	return -1
}

// exactBlocks is exactRows for rows that are computed as many at once as a vector of float64 has
// lanes.
func exactBlocks[T spec.Float](u unit[T], v wide[T], loss []float64, grad, labelGrad, z, t, scale []T, k int,
	row func(s exact, loss *float64, g, l []T, e []float64, x, y []T, f float64) (ok bool),
	generic func(j int) (valid bool)) (bad int) {
	return eachExact(v, len(loss), z, k, func(j int, s exact, e []float64) (ok bool) {
		x := spec.Row(z, j, k)
		s.a = u.find(&x[0], k, T(s.m))
		return row(s, &loss[j], spec.Row(grad, j, k), spec.Row(labelGrad, j, k), e, x, spec.Row(t, j, k),
			spec.Factor(scale, j))
	}, generic)
}

// eachExact computes the softmax of n rows of a block's length, for row, which is given all but
// where the maximum stands, and else as that of exactRows.
func eachExact[T spec.Float](v wide[T], n int, z []T, k int, row func(j int, s exact, e []float64) (ok bool),
	generic func(j int) (valid bool)) (bad int) {
	b, w := getTile[float64](), v.lanes()
	defer putTile(b)
	number := func(which, j int) float64 { return b.lane[which*w+j] }
	for i := 0; i < n; i += w {
		rows := min(w, n-i)
		rejected := v.blockExps(&b.exps[0], &z[i*k], k, rows, &b.sums[0], &b.lane[0])
		for j := range rows {
			s := exact{m: number(laneMax, j), log: number(laneLog, j), coef: number(laneCoef, j), rest: number(laneRest, j)}
			if (rejected>>j&1 != 0 || s.log != s.log || !row(i+j, s, b.exps[j*k:(j+1)*k])) && !generic(i+j) {
				return i + j
			}
		}
	}
	return -1
}

// exactOne is exactRows for row j alone. It returns false for one that is for the specification.
func exactOne[T spec.Float](loss []float64, grad, labelGrad, z, t, scale []T, scratch []float64, k, j int,
	row func(s exact, loss *float64, g, l []T, e []float64, x, y []T, f float64) (ok bool)) (ok bool) {
	x, e := spec.Row(z, j, k), scratch[:k]
	s, ok := exactRow(unitOf[T](), wideOf[T](), e, x)
	return ok && row(s, &loss[j], spec.Row(grad, j, k), spec.Row(labelGrad, j, k), e, x, spec.Row(t, j, k),
		spec.Factor(scale, j))
}
