//go:build !purego

package vec

import (
	"math"

	"softloss/internal/isa"
	"softloss/losses/internal/kernel/spec"
)

// TemperedSums is [spec.TemperedSums].
func TemperedSums[T spec.Float](d []T, c, mu float64) (s0, s1, s2 float64) {
	s0, s1, s2, bad := unitOf[T]().temperedSums(&d[0], len(d), T(c), T(mu), T(-1/c))
	if bad != 0 {
		return spec.TemperedSums(d, c, mu)
	}
	return s0, s1, s2
}

// TemperedPowers is [spec.TemperedPowers].
func TemperedPowers(r spec.Tempered, d []float64, c, mu, e float64) (s0, s1, s2 float64) {
	s0, s1, s2, bad := doubles().temperedPowers(
		&r.Log[0], &r.P[0], powersOf(r), &r.Inverse[0], &d[0], len(d), c, mu, -1/c, e)
	if bad != 0 {
		return spec.TemperedPowers(r, d, c, mu, e)
	}
	return s0, s1, s2
}

// TemperedWhole is [spec.TemperedWhole].
func TemperedWhole(r spec.Tempered, d []float64, c, mu float64, n int) (s0, s1, s2 float64) {
	return doubles().temperedWhole(&r.P[0], &r.Inverse[0], &d[0], len(d), n, c, mu)
}

// TemperedShift is [spec.TemperedShift].
func TemperedShift(r spec.Tempered, c, step, e float64) {
	doubles().temperedShift(&r.Log[0], &r.P[0], powersOf(r), &r.Inverse[0], len(r.P), c, step, e)
}

// powersOf returns where the powers are stored, nil where they are the inverses.
func powersOf(r spec.Tempered) *float64 {
	if &r.Pow[0] == &r.Inverse[0] {
		return nil
	}
	return &r.Pow[0]
}

// TemperedMoments is [spec.TemperedMoments].
func TemperedMoments[T spec.Float](t []T, r spec.Tempered) (v, e, o float64) {
	return wideOf[T]().temperedMoments(&t[0], &r.P[0], &r.Pow[0], &r.Inverse[0], len(t))
}

// TemperedGrad is [spec.TemperedGrad].
func TemperedGrad[T spec.Float](grad, t []T, r spec.Tempered, a, f float64) {
	wideOf[T]().temperedGrad(&grad[0], &t[0], &r.P[0], &r.Pow[0], &r.Inverse[0], len(t), a, f)
}

// TemperedLoss is [spec.TemperedLoss].
func TemperedLoss[T spec.Float](labelGrad, t []T, r spec.Tempered, e float64) (sum, mass float64, bad int) {
	sum, mass, invalid := wideOf[T]().temperedLoss(first(labelGrad), &t[0], &r.Log[0], &r.Pow[0], len(t), e)
	if invalid != 0 {
		return spec.TemperedLoss(labelGrad, t, r, e)
	}
	return sum, mass, -1
}

// TemperedApart is [TemperedLoss] of float32 without gradients, for an e of leastApart and more
// and p of 1/2 at most, where the powers of labels and p have digits enough one by one. ok is false
// where there is no kernel for that, or perhaps an invalid label.
func TemperedApart[T spec.Float](t []T, r spec.Tempered, e float64) (sum, mass float64, ok bool) {
	if spec.Size[T]() == 8 || e < leastApart {
		return 0, 0, false
	}
	var powers, products float64
	var bad uint32
	switch labels, pow, root := float(&t[0]), &r.Pow[0], spec.WholeExponent(e, e); {
	case inUse == isa.AVX512:
		powers, products, bad = wideAVX512{}.temperedLabels(labels, pow, len(t), 1+e)
	case 0 < root && root <= mostRoot:
		x := rootsFor(root)
		powers, products, bad = wideAVX2{}.temperedRoots(labels, pow, len(t), root-1, x.rate, x.start, &x.series[0])
	default:
		powers, products, bad = wideAVX2{}.temperedLabels(labels, pow, len(t), 1+e)
	}
	sum = powers - products
	return sum, powers, bad == 0 && sum-sum == 0
}

const leastApart = 1. / 16

// mostRoot is up to which root the series of temperedRoots have digits enough.
const mostRoot = 8

// roots are what temperedRoots takes of an n.
type roots struct {
	rate, start float32
	series      [2 * rootTerms]float64
}

// rootsFor returns them. An exponent with the mantissa behind it is a logarithm, less up to 0.0861:
// the first d is between those of no error and of that in both.
func rootsFor(n int) (x roots) {
	const exponent, bias = 1 << 20, 1023
	by := 1 / float64(n)
	middle := math.Log2((1 + math.Exp2(0.0861*float64(n+1))) / 2)
	x.rate, x.start = float32(-by), float32(exponent*(bias+(bias-middle)*by))
	for i, power := range [2]float64{by, 1 - by} {
		c := 1.
		for j := range rootTerms {
			c *= (power + float64(j)) / float64(j+1)
			x.series[(i+1)*rootTerms-1-j] = c
		}
	}
	return x
}
