//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// labelGrads are the gradients of cross entropy by the labels: by times log p, and a factor of each
// row or one of all.
type labelGrads[T spec.Float] struct {
	grad   []T
	factor []T
	k      int
}

// CrossEntropyLabels is [spec.CrossEntropy] and stores factor log p in labelGrad, 0 or NaN where the
// factor is 0.
func CrossEntropyLabels[T spec.Float](loss []float64, grad, labelGrad, z, t, scale, factor []T, k int) (bad int) {
	return crossEntropy(loss, grad, z, t, scale, k, &labelGrads[T]{labelGrad, factor, k})
}

// row stores those of row i of logits x with the maximum m and log = log1p(r).
func (o *labelGrads[T]) row(u unit[T], x []T, i int, m, log T) {
	g, f := spec.Row(o.grad, i, o.k), spec.FactorOf(o.factor, i)[0]
	if f == 0 && log == log {
		clear(g)
		return
	}
	u.shift(&g[0], &x[0], o.k, m, log)
	u.scale(&g[0], o.k, f)
}

// tile stores those of the n rows from row i on, of a tile for which the cross entropy has been
// computed.
func (o *labelGrads[T]) tile(u unit[T], s *tile[T], i, n int) {
	u.tileShift(&s.h[0], &s.z[0], o.k, &s.lane[0])
	one := len(o.factor) == 1 && o.factor[0] != 0
	if one {
		u.scale(&s.h[0], o.k*u.lanes(), o.factor[0])
	}
	tileOut[T, T](u, o.grad[i*o.k:], s.h[:], n, s.padG[:], o.k)
	if !one {
		spec.ScaleRows(o.grad[i*o.k:(i+n)*o.k], o.factor, i, o.k)
	}
}

// alone stores those of row i of logits x.
func (o *labelGrads[T]) alone(x []T, i int) {
	g := spec.Row(o.grad, i, o.k)
	LogSoftmax(g, x, o.k)
	spec.ScaleRows(g, o.factor, i, o.k)
}

// KeepAbove is [spec.KeepAbove].
func KeepAbove[T spec.Float](dst, t []T, cut float64) {
	wideOf[T]().keepAbove(&dst[0], &t[0], len(t), cut)
}

// Positives is [spec.Positives].
func Positives[T spec.Float](t []T) (n int) {
	u := unitOf[T]()
	for lo := 0; lo < len(t); lo += chunk(u) {
		_, nnz, _ := u.labelSums(&t[lo], min(chunk(u), len(t)-lo))
		n += int(nnz)
	}
	return n
}
