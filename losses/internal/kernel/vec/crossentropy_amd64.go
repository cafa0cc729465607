//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// CrossEntropy is [spec.CrossEntropy].
func CrossEntropy[T spec.Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	return crossEntropy(loss, grad, z, t, nil, scale, k, nil)
}

// CrossEntropyIndex is [spec.CrossEntropyIndex].
func CrossEntropyIndex[T spec.Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	crossEntropy(loss, grad, z, nil, index, scale, k, nil)
}

// crossEntropy is for labels t, or for index where t is nil. It computes the gradients by the
// labels, too, unless o is nil.
func crossEntropy[T spec.Float](
	loss []float64, grad, z, t []T, index []int, scale []T, k int, o *labelGrads[T]) (bad int) {
	u := unitOf[T]()
	switch {
	case inTiles[T](k):
		return crossEntropyTiles(u, loss, grad, z, t, index, scale, k, o)
	case inBlocks(u, k) || inOrdinaryBlocks[T](k, t != nil):
		return crossEntropyBlocks(u, loss, grad, z, t, index, scale, k, o)
	}
	s := getTile[T]()
	defer putTile(s)
	b := entropyRows[T]{loss, grad, z, t, index, scale, k}
	for i := 0; ; i++ {
		i += ordinaryCrossEntropy(u, s, loss, grad, z, t, index, scale, i, k, o)
		if i == len(loss) {
			return -1
		}
		if !b.one(u, i, o) {
			return i
		}
	}
}

// entropyRows are the arguments of crossEntropy, but for o, which is not to escape with them.
type entropyRows[T spec.Float] struct {
	loss       []float64
	grad, z, t []T
	index      []int
	scale      []T
	k          int
}

// one computes row i, ordinary or not. It returns false for an invalid label.
func (b *entropyRows[T]) one(u unit[T], i int, o *labelGrads[T]) (valid bool) {
	k, loss := b.k, b.loss[i:i+1]
	x, y, g, f := spec.Row(b.z, i, k), spec.Row(b.t, i, k), spec.Row(b.grad, i, k), spec.Factor(b.scale, i)
	if o != nil {
		o.alone(x, y, i)
	}
	s, ok := begin(u, x)
	switch {
	case b.t == nil && ok && fits[T](1, f):
		s.crossEntropyIndex(u, &loss[0], g, x, b.index[i], f)
	case b.t == nil:
		spec.CrossEntropyIndex(loss, g, x, b.index[i:i+1], spec.FactorOf(b.scale, i), k)
	case !ok || !s.crossEntropy(u, &loss[0], g, x, y, f):
		return spec.CrossEntropy(loss, g, x, y, spec.FactorOf(b.scale, i), k) < 0
	}
	return true
}

// crossEntropyIndex computes one row of the class y.
func (s *softrow[T]) crossEntropyIndex(u unit[T], loss *float64, g, x []T, y int, f float64) {
	var r float64
	if g == nil {
		r, _ = s.odds(u, nil, x, s.sum(u, x))
	} else {
		var a int
		r, a = s.odds(u, g, x, s.exps(u, g, x))
		s.indexGrad(u, g, a, y, r, f)
	}
	*loss = math.Log1p(r) - (float64(x[y]) - float64(s.m))
}

// crossEntropy computes one row. It returns false for a row with an invalid label and for one whose
// labels overflow.
func (s *softrow[T]) crossEntropy(u unit[T], loss *float64, g, x, y []T, f float64) bool {
	var sum, dot, mass float64
	for lo := 0; lo < len(x); lo += chunk(u) {
		n := min(chunk(u), len(x)-lo)
		var ps, pd, pm float64
		var bad uint32
		if g != nil {
			ps, pd, pm, bad = u.expsDot(&g[lo], &x[lo], &y[lo], n, s.m, s.low, s.shift, s.ahead)
		} else {
			ps, pd, pm, bad = u.sumExpDot(&x[lo], &y[lo], n, s.m, s.low, s.shift, s.ahead)
		}
		if bad != 0 {
			return false
		}
		sum, dot, mass = sum+ps, dot+pd, mass+pm
	}
	if !fits[T](mass, f) {
		return false
	}
	r, a := s.odds(u, g, x, sum)
	*loss = mass*math.Log1p(r) - dot
	if g != nil {
		s.softGrad(u, g, y, a, r, mass, f)
	}
	return true
}

// softGrad turns g, which holds the exponentials, into f (S p - y), where a and r are those of
// odds.
func (s *softrow[T]) softGrad(u unit[T], g, y []T, a int, r, mass, f float64) {
	u.combine(&g[0], &y[0], len(g), T(mass/((1+r)*s.em)), T(f))
	if a < 0 || r >= 1 {
		return
	}
	others := 0.0 // the mass of the other labels
	for _, part := range [2][]T{y[:a], y[a+1:]} {
		for lo := 0; lo < len(part); lo += chunk(u) {
			others += u.sum(&part[lo], min(chunk(u), len(part)-lo))
		}
	}
	g[a] = T(f * (others - (others+float64(y[a]))*(r/(1+r))))
}

// indexGrad turns g, which holds the exponentials, into c (p - [k=y]).
func (s *softrow[T]) indexGrad(u unit[T], g []T, a, y int, r, c float64) {
	rest := r / (1 + r) // 1 - p_y
	if y != a {
		rest = 1 - float64(g[y])/((1+r)*s.em)
	}
	u.scale(&g[0], len(g), T(c/((1+r)*s.em)))
	if a >= 0 {
		g[a] = T(c / (1 + r))
	}
	g[y] = T(-c * rest)
}

// specCrossEntropy computes row j by the specification. It returns false for an invalid label.
func specCrossEntropy[T spec.Float](
	loss []float64, grad, z, t []T, index []int, scale []T, j, k int, o *labelGrads[T]) (valid bool) {
	loss, g, x := loss[j:j+1], spec.Row(grad, j, k), spec.Row(z, j, k)
	if o != nil {
		o.alone(x, spec.Row(t, j, k), j)
	}
	if t == nil {
		spec.CrossEntropyIndex(loss, g, x, index[j:j+1], spec.FactorOf(scale, j), k)
		return true
	}
	return spec.CrossEntropy(loss, g, x, spec.Row(t, j, k), spec.FactorOf(scale, j), k) < 0
}

// crossEntropyTiles is for labels t, or for index where t is nil; o is nil for no gradients by the
// labels.
func crossEntropyTiles[T spec.Float](
	u unit[T], loss []float64, grad, z, t []T, index []int, scale []T, k int, o *labelGrads[T]) (bad int) {
	row := func(j int) (valid bool) { return specCrossEntropy(loss, grad, z, t, index, scale, j, k, o) }
	pairs := func() (bad int) { return crossEntropyPairs(u, loss, grad, z, t, index, scale, row) }
	inPairs := k == 2 && single512[T]()
	if inPairs && o == nil {
		return pairs()
	}
	end := len(loss)
	if o == nil {
		end -= fewer(end, u.lanes(), k)
	}
	if end == 0 {
		return crossEntropyAlone(u, loss, grad, z, t, index, scale, 0, k)
	}
	s, w := getTile[T](), u.lanes()
	defer putTile(s)
	most := tilesAt(k) * w
	if o != nil {
		most = w
	}
	io := tiler[T, T](u)
	for i, n := 0, 0; i < end; i += n {
		n = min(most, end-i)
		tileIn(io, s.z[:], z[i*k:], n, s.padZ[:], k)
		sums, tiles := loss[i:i+n], tilesOf(n, w)
		if n&(w-1) != 0 {
			sums = s.padLoss[:n]
		}
		classes := s.classes(index, i, n, w)
		if t != nil {
			tileIn(io, s.t[:], t[i*k:], n, s.padT[:], k)
		}
		f, step := rowFactors(scale, s.padScale[:], i, n, w)
		switch {
		case grad != nil && t != nil:
			u.tileCrossEntropyGrad(
				&s.e[0], &s.z[0], &s.t[0], k, tiles, f, step, &sums[0], &s.declined[0], &s.lane[0])
		case grad != nil:
			u.tileCrossEntropyIndexGrad(
				&s.e[0], &s.z[0], classes, k, tiles, f, step, &sums[0], &s.declined[0], &s.lane[0])
		case t != nil:
			u.tileCrossEntropy(&s.z[0], &s.t[0], k, tiles, &sums[0], &s.declined[0], &s.lane[0])
		default:
			u.tileCrossEntropyIndex(&s.z[0], classes, k, tiles, &sums[0], &s.declined[0], &s.lane[0])
		}
		if grad != nil {
			tileOut(io, grad[i*k:], s.e[:], n, s.padG[:], k)
		}
		copy(loss[i:], sums)
		if o != nil {
			o.tile(u, s, z, t, i, n)
		}
		for j, mask := range s.declined[:tiles] {
			if bad := eachRejected(mask, i+j*w, min(w, n-j*w), row); bad >= 0 {
				return bad
			}
		}
	}
	switch {
	case inPairs: // the same whether there are gradients by the labels or not
		return pairs()
	case end < len(loss):
		return crossEntropyAlone(u, loss, grad, z, t, index, scale, end, k)
	}
	return -1
}

// crossEntropyAlone is crossEntropyTiles for the rows from row j on, one by one.
func crossEntropyAlone[T spec.Float](
	u unit[T], loss []float64, grad, z, t []T, index []int, scale []T, j, k int) (bad int) {
	for ; j < len(loss); j++ {
		y := spec.Row(t, j, k)
		if t == nil {
			y = oneHot[T](index[j], k)
		}
		if !fewCrossEntropy(u, &loss[j], spec.Row(grad, j, k), spec.Row(z, j, k), y, spec.Factor(scale, j)) &&
			!specCrossEntropy(loss, grad, z, t, index, scale, j, k, nil) {
			return j
		}
	}
	return -1
}

// ordinaryCrossEntropy computes the rows from row i on, of labels t or where t is nil of index, and
// the gradients by the labels, too, unless o is nil. It stops before a row that is not ordinary,
// has an invalid label or labels that overflow, and returns how many it has done.
func ordinaryCrossEntropy[T spec.Float](u unit[T], s *tile[T], loss []float64, grad, z, t []T, index []int, scale []T,
	i, k int, o *labelGrads[T]) (done int) {
	for j := i; j < len(loss); {
		n := min(ordinaryRows, len(loss)-j)
		rows, asTheyAre := s.ordinary[:n], spec.Prepared[T]{Factor: 1}
		if grad != nil {
			rows = rows[:ordinaryGrads(u, &asTheyAre, rows, grad, z, t, index, scale, j, k)]
		} else {
			rows = rows[:ordinaryLosses(u, rows, z, t, scale, j, k)]
		}
		for _, x := range rows {
			log := math.Log1p(x.r)
			if t != nil {
				loss[j] = x.mass*log - x.dot
			} else {
				loss[j] = log - (float64(z[j*k+index[j]]) - x.m)
			}
			if o != nil {
				o.row(u, spec.Row(z, j, k), spec.Row(t, j, k), j, T(x.m), T(log), 0)
			}
			j++
		}
		if len(rows) < n {
			return j - i
		}
	}
	return len(loss) - i
}
