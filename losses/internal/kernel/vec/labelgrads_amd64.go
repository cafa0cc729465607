//go:build !purego

package vec

import (
	"math/bits"

	"softloss/losses/internal/kernel/spec"
)

// labelGrads are the gradients of cross entropy by the labels, of rows of k.
type labelGrads[T spec.Float] struct {
	spec.LabelGrads[T]
	grad []T
	k    int
	lane []T // the numbers of rows that are in no block
}

// CrossEntropyLabels is [spec.CrossEntropy] and stores the gradients by the labels in labelGrad.
func CrossEntropyLabels[T spec.Float](
	loss []float64, grad, labelGrad, z, t, scale []T, k int, o spec.LabelGrads[T]) (bad int) {
	s := getTile[T]()
	defer putTile(s)
	return crossEntropy(loss, grad, z, t, scale, k, &labelGrads[T]{o, labelGrad, k, s.lane[:]})
}

// row stores those of row i of logits x and labels t with the maximum m and log = log1p(r).
func (o *labelGrads[T]) row(u unit[T], x, t []T, i int, m, log T) {
	w := u.lanes()
	o.lane[laneScale*w], o.lane[laneMax*w], o.lane[laneLog*w] = spec.FactorOf(o.Factor, i)[0], m, log
	o.rows(u, x, t, i, 1, o.lane)
}

// rows stores those of the n rows from row i on, of logits x and labels t, of which lane holds the
// numbers.
func (o *labelGrads[T]) rows(u unit[T], x, t []T, i, n int, lane []T) {
	g := o.grad[i*o.k : (i+n)*o.k]
	odd := u.labelGrads(&g[0], &x[0], o.labels(t), first(o.Weights), first(o.Prior), o.k, n, &lane[0], o.Keep, o.Mix,
		o.Above)
	for ; odd != 0; odd &= odd - 1 {
		j := bits.TrailingZeros32(odd)
		o.alone(spec.Row(x, j, o.k), spec.Row(t, j, o.k), i+j)
	}
}

// tile stores those of the n rows from row i on of logits x and labels t, of a tile for which the
// cross entropy has been computed.
func (o *labelGrads[T]) tile(u unit[T], s *tile[T], x, t []T, i, n int) {
	setScale(s, o.Factor, i, n, u.lanes())
	odd := u.tileLabelGrads(&s.h[0], &s.z[0], o.labels(s.t[:]), first(o.Weights), first(o.Prior), o.k, &s.lane[0], o.Keep,
		o.Mix, o.Above)
	tileOut[T, T](u, o.grad[i*o.k:], s.h[:], n, s.padG[:], o.k)
	eachRejected(odd, i, n, func(j int) bool {
		o.alone(spec.Row(x, j, o.k), spec.Row(t, j, o.k), j)
		return true
	})
}

// labels returns where the labels t begin, where they matter.
func (o *labelGrads[T]) labels(t []T) *T {
	if o.Above < 0 {
		return nil
	}
	return &t[0]
}

// alone stores those of row i of logits x and labels t.
func (o *labelGrads[T]) alone(x, t []T, i int) {
	g := spec.Row(o.grad, i, o.k)
	LogSoftmax(g, x, o.k)
	o.Row(g, t, i)
}
