//go:build !purego

package vec

// Divergence is [spec.Divergence].
func Divergence(h, d, p, l, m, minus []float64) {
	unitOf[float64]().(double).divergence(&h[0], &d[0], &p[0], &l[0], &m[0], &minus[0], len(h))
}
