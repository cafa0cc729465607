//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// powFor returns what makes p^a = 2^-shift exp((high + aLow) z - rem) for the logits z >= low of a
// row with log1p(r) = log.
func powFor[T spec.Float](s *softrow[T], a, log float64) (high, aLow, low, shift, rem T) {
	// log p^a = a z - top, top = a (m + log), of which only the part beyond n ln 2 counts.
	m := float64(s.m)
	am := a * m
	n := math.RoundToEven((am + a*log) * math.Log2E)
	high = T(a)
	return high, T(a - float64(high)), T(m + float64(s.low-s.m)/a), T(n),
		T((am - n*ln2High) + (a*log + (math.FMA(a, m, -am) - n*ln2Low)))
}

// powFits returns below which |m| and |m| + log1p(r) powTerms is exact enough: the arguments that
// it reduces must not be so large that their last digits count, and a z - top must not lose the
// digits of a l, which is beyond log 8, nor t a l be denormal for a label that counts.
func powFits[T spec.Float](a float64) (m, lse float64) {
	m, lse = 1<<13, math.Inf(1)
	least := 0.0
	if spec.Size[T]() == 4 {
		m, least = 1<<8, 0x1p-32
	}
	if a < 0.1 {
		lse = 12
	}
	if a < least {
		m = 0
	}
	return m, lse
}
