//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// KL is [spec.KL], and unless labelGrad is nil it stores the gradients by the labels there: alone
// does for the rows that are not for vectors.
func KL[T spec.Float](loss []float64, grad, labelGrad, z, t, scale []T, _ []float64, _ []T, k int,
	alone func(j int)) (bad int) {
	for i := range loss {
		x, y, g := spec.Row(z, i, k), spec.Row(t, i, k), spec.Row(grad, i, k)
		if crossEntropyRow(&loss[i], g, x, y, spec.Factor(scale, i)) {
			s, _ := begin(x)
			log := math.Log1p(s.sums64(nil, x) / s.top)
			loss[i] = s.kl(x, y, log)
			if labelGrad != nil {
				s.klSlopes(spec.Row(labelGrad, i, k), x, y, log)
			}
			continue
		}
		if portable.KL(loss[i:i+1], g, x, y, spec.FactorOf(scale, i), k) >= 0 {
			return i
		}
		if labelGrad != nil {
			alone(i)
		}
	}
	return -1
}

// klSlopes stores the derivatives by the labels t in l, given log Σ exp(z - m).
func (s *softrow[T]) klSlopes(l, z, t []T, log float64) {
	m, whole := float64(s.m), wholeBlocks[T](len(z))
	if whole > 0 {
		klSlopes(&l[0], &z[0], &t[0], whole, m, log)
	}
	if whole < len(z) {
		var bl, bz, bt [8]T
		copy(bz[:], z[whole:])
		copy(bt[:], t[whole:])
		klSlopes(&bl[0], &bz[0], &bt[0], block[T](), m, log)
		copy(l[whole:], bl[:])
	}
}

// kl returns the loss of a row, given log Σ exp(z - m).
func (s *softrow[T]) kl(z, t []T, log float64) (sum float64) {
	m := float64(s.m)
	s.walk(len(z), func(from, to int) { sum += klTerms(&z[from], &t[from], to-from, m, log) }, func(from int) {
		var bz, bt [8]T
		s.pad(&bz, z, from, s.m)
		s.pad(&bt, t, from, 0)
		sum += klTerms(&bz[0], &bt[0], block[T](), m, log)
	})
	if own := float64(t[s.a]); own != 0 {
		sum += own * (spec.Log(own) + log)
	}
	return sum
}
