//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// longRow is from how many elements on a row is cut in two for its sums, which have two lanes.
const longRow = 64

// Sum is [spec.Sum].
func Sum[T spec.Float](x []T) (sum float64) {
	if half := halfOf[T](len(x)); half > 0 {
		return Sum(x[:half]) + Sum(x[half:])
	}
	whole := wholeBlocks[T](len(x))
	if whole > 0 {
		sum, _, _ = labelSums(&x[0], whole)
	}
	return sum + spec.Sum(x[whole:])
}

// WeightedSum is [spec.WeightedSum].
func WeightedSum[T spec.Float](t []T, w []float64) (plain, weighted float64, bad int) {
	if half := halfOf[T](len(t)); half > 0 {
		return spec.WeightedHalves(t, w, half, WeightedSum)
	}
	whole := wholeBlocks[T](len(t))
	if whole > 0 {
		var signs uint64
		plain, weighted, signs = weightedSum(&t[0], &w[0], whole)
		if signs>>63 != 0 || !(plain <= math.MaxFloat64) {
			return spec.WeightedSum(t, w)
		}
	}
	p, q, bad := spec.WeightedSum(t[whole:], w[whole:])
	if bad >= 0 {
		bad += whole
	}
	return plain + p, weighted + q, bad
}

// Weigh is [spec.Weigh].
func Weigh[T spec.Float](dst, t []T, w []float64) (bad int) {
	k := len(w)
	whole := wholeBlocks[T](k)
	for i := range len(t) / k {
		to, from := spec.Row(dst, i, k), spec.Row(t, i, k)
		if whole > 0 {
			mass, _, signs := labelSums(&from[0], whole)
			if signs>>63 != 0 || !(mass <= math.MaxFloat64) {
				if spec.Weigh(to, from, w) >= 0 {
					return i
				}
				continue
			}
			weigh(&to[0], &from[0], &w[0], whole)
		}
		if whole < k && spec.Weigh(to[whole:], from[whole:], w[whole:]) >= 0 {
			return i
		}
	}
	return -1
}

// Mix is [spec.Mix].
func Mix[T spec.Float](dst, t []T, w []float64, keep, add float64) (bad int) {
	k := len(w)
	whole := wholeBlocks[T](k)
	for i := range len(t) / k {
		to, from := spec.Row(dst, i, k), spec.Row(t, i, k)
		sum, _, bad := WeightedSum(from, w)
		if bad >= 0 {
			return i
		}
		if whole > 0 {
			mix(&to[0], &from[0], &w[0], whole, keep, add*sum)
		}
		for j := whole; j < k; j++ {
			to[j] = T(keep*float64(from[j]) + float64(add*sum*w[j])) // rounded, as vectors do
		}
	}
	return -1
}

// Smooth is [spec.Smooth].
func Smooth[T spec.Float](dst, t []T, keep, cut, add, addMass float64, k int) (bad int) {
	whole := wholeBlocks[T](k)
	for i := range len(t) / k {
		to, from := spec.Row(dst, i, k), spec.Row(t, i, k)
		if whole == 0 || !smoothRow(to, from, keep, cut, add, addMass, whole) {
			if spec.Smooth(to, from, keep, cut, add, addMass, k) >= 0 {
				return i
			}
		}
	}
	return -1
}

// smoothRow returns false for a row with a label that is for the specification.
func smoothRow[T spec.Float](to, from []T, keep, cut, add, addMass float64, whole int) bool {
	mass, positive, signs := labelSums(&from[0], whole)
	for _, v := range from[whole:] {
		signs |= math.Float64bits(float64(v))
		mass += float64(v)
		if v > 0 {
			positive++
		}
	}
	if signs>>63 != 0 || !(mass <= math.MaxFloat64) {
		return false
	}
	cut, add = cut/max(positive, 1), add+addMass*mass
	smooth(&to[0], &from[0], whole, keep, cut, add)
	for j := whole; j < len(from); j++ {
		to[j] = T(max(keep*float64(from[j])-cut, 0) + add)
	}
	return true
}

// Divide is [spec.Divide].
func Divide[T spec.Float](dst []float64, z []T, shift []float64, t float64) (top float64) {
	top, most := shiftLogits(dst, z, shift)
	whole := wholeBlocks[float64](len(z))
	if whole > 0 {
		divide(&dst[0], &dst[0], whole, most, t)
	}
	for j := whole; j < len(dst); j++ {
		dst[j] = (dst[j] - most) / t
	}
	return top + most
}

// shiftLogits is [spec.Shift].
func shiftLogits[T spec.Float](dst []float64, z []T, shift []float64) (top, most float64) {
	whole := wholeBlocks[T](len(z))
	if whole == 0 {
		return spec.Shift(dst, z, shift)
	}
	top = float64(rowMax(&z[0], whole))
	for _, v := range z[whole:] {
		top = max(top, float64(v))
	}
	if !(math.Abs(top) <= math.MaxFloat64) { // NaN, which is passed over, too
		return spec.Shift(dst, z, shift)
	}
	most = shiftMost(&dst[0], &z[0], first(shift), whole, top)
	for j, v := range z[whole:] {
		x := float64(v) - top
		if shift != nil {
			x += shift[whole+j]
		}
		dst[whole+j] = x
		most = max(most, x)
	}
	if math.IsInf(most, -1) {
		most = 0
	}
	return top, most
}

// AddScaled is [spec.AddScaled].
func AddScaled[T spec.Float](dst, p []T, a float64) {
	whole := wholeBlocks[T](len(p))
	if whole > 0 {
		addScaled(&dst[0], &dst[0], &p[0], whole, a)
	}
	spec.AddScaled(dst[whole:], p[whole:], a)
}

// Widen is [spec.Widen].
func Widen[T spec.Float](dst []float64, x []T) {
	whole := wholeBlocks[T](len(x))
	if whole > 0 {
		widen(&dst[0], &x[0], whole)
	}
	spec.Widen(dst[whole:], x[whole:])
}

// Round is [spec.Round].
func Round[T spec.Float](dst []T, x []float64) {
	whole := wholeBlocks[T](len(x))
	if whole > 0 {
		round(&dst[0], &x[0], whole)
	}
	spec.Round(dst[whole:], x[whole:])
}

// AddSquares is [spec.AddSquares].
func AddSquares(dst, x []float64, f float64) (most float64) { return spec.AddSquares(dst, x, f) }

// Factors is [spec.Factors].
func Factors[T spec.Float](dst, x []T, f float64) { spec.Factors(dst, x, f) }

// SizesOf is [spec.SizesOf].
func SizesOf[T spec.Float](x []T) spec.Sizes { return spec.SizesOf(x) }

// Times is [spec.Times].
func Times[T spec.Float](dst []float64, x []T) { spec.Times(dst, x) }

// AddEights is [spec.AddEights].
func AddEights(e *spec.Eights, x []float64, most int) (done int) { return spec.AddEights(e, x, most) }

// Position is [spec.Position].
func Position(x []float64, v float64) int { return spec.Position(x, v) }

// Positives is [spec.Positives].
func Positives[T spec.Float](t []T) int { return spec.Positives(t) }
