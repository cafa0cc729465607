//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// powConsts make p^a = 2^-shift exp((a + aLow) z - rem) for the logits z >= low of a row.
type powConsts[T spec.Float] struct{ a, aLow, low, shift, rem T }

// powFor returns those of a row with log1p(r) = log.
func powFor[T spec.Float](s *softrow[T], a, log float64) (c powConsts[T]) {
	// log p^a = a z - top, top = a (m + log), of which only the part beyond shift ln 2 counts.
	m := float64(s.m)
	am := a * m
	shift := math.RoundToEven((am + a*log) * math.Log2E)
	c.a = T(a)
	c.aLow = T(a - float64(c.a))
	c.low = T(m + float64(s.low-s.m)/a)
	c.shift = T(shift)
	c.rem = T((am - shift*ln2High) + (a*log + (math.FMA(a, m, -am) - shift*ln2Low)))
	return c
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
