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

// powIsExact reports whether powTerms is exact enough for a row without large exponentials: the
// arguments that it reduces must not be so large that their last digits count, and a z - top must
// not lose the digits of a l, which is beyond log 8, nor t a l be denormal for a label that counts.
func powIsExact[T spec.Float](a, m, log float64) bool {
	most, least := 1.0*(1<<13), 0.0
	if spec.Size[T]() == 4 {
		most, least = 1<<8, 0x1p-32
	}
	return math.Abs(m) < most && a >= least && (a >= 0.1 || math.Abs(m)+log < 12)
}
