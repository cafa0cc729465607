//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// classTerms are φ and -φ' of a class of each row of a tile: by the kernels of a plan, or by the
// specification where there is none.
type classTerms struct {
	family spec.Family
	a      float64
	plan   *plan
}

func classTermsFor[T spec.Float](f spec.Family, a float64) (c classTerms) {
	c = classTerms{family: f, a: a}
	if p, ok := planFor[T](f, a); ok {
		c.plan = p
	}
	return c
}

// gentle reports whether what float32's exponentials are rounded to counts little where the maximum
// has p > 1/2.
func (c classTerms) gentle() bool {
	return c.family == spec.Absolute || c.plan != nil && c.plan.steepness < 2.1
}

// at takes log p, p and 1-p of n rows, in tiles of w, from the lanes and stores φ and -φ'.
func (c classTerms) at(u double, lane []float64, n, w int) {
	if c.plan != nil {
		c.plan.at(u, lane, tilesOf(n, w))
	}
	for i := 0; i < n; i += w {
		lane := lane[i*lanesPerRow:]
		values := numbersOf(lane, lanePhi, w)[:min(w, n-i)]
		if c.plan != nil {
			for j := range values {
				values[j] *= c.plan.factor
			}
			continue
		}
		falls := numbersOf(lane, laneFall, w)
		l, p, q := numbersOf(lane, laneLogP, w), numbersOf(lane, laneP, w), numbersOf(lane, laneQ, w)
		for j := range values {
			v, dv := spec.PhiOf(c.family, c.a, l[j], p[j], q[j])
			values[j], falls[j] = v, -dv
		}
	}
}
