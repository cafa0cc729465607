//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// Divide is [spec.Divide].
func Divide[T spec.Float](dst []float64, z []T, shift []float64, t float64) (top float64) {
	v := wideOf[T]()
	if shift == nil {
		return v.divide(&dst[0], &z[0], len(z), t)
	}
	top, most := v.shiftDivide(&dst[0], &z[0], &shift[0], len(z), t)
	return top + most
}

// ElementLogits is [spec.ElementLogits].
func ElementLogits[T spec.Float](dst []float64, z []T, shift []float64, t float64) (ok bool) {
	return len(z) == 0 || wideOf[T]().elementLogits(&dst[0], &z[0], first(shift), len(z), t) == 0
}

// AddScaled is [spec.AddScaled].
func AddScaled[T spec.Float](dst, p []T, a float64) {
	wideOf[T]().addScaled(&dst[0], &p[0], len(dst), a)
}

// AddSquares is [spec.AddSquares].
func AddSquares(dst, x []float64, f float64) (most float64) {
	return doubles().addSquares(&dst[0], &x[0], len(x), f)
}

// Factors is [spec.Factors].
func Factors[T spec.Float](dst, x []T, f float64) { wideOf[T]().factors(&dst[0], &x[0], len(x), f) }

// SizesOf is [spec.SizesOf].
func SizesOf[T spec.Float](x []T) spec.Sizes {
	least, most, infinite, negative, zero := unitOf[T]().sizes(&x[0], len(x))
	return spec.Sizes{Least: float64(least), Most: float64(most), Finite: infinite == 0, Negative: negative != 0,
		Zero: zero != 0}
}

// Times is [spec.Times].
func Times[T spec.Float](dst []float64, x []T) { wideOf[T]().times(&dst[0], &x[0], len(x)) }

// AddEights is [spec.AddEights].
func AddEights(e *spec.Eights, x []float64, most int) (done int) {
	done = doubles().addEights(&e.Lanes[0], &x[0], len(x), most-e.Turns, most)
	e.Turns = (e.Turns + done/len(e.Lanes)) % most
	return done
}

// Position is [spec.Position].
func Position(x []float64, v float64) int { return doubles().find(&x[0], len(x), v) }

// Widen is [spec.Widen].
func Widen[T spec.Float](dst []float64, x []T) { wideOf[T]().widen(&dst[0], &x[0], len(x)) }

// Round is [spec.Round].
func Round[T spec.Float](dst []T, x []float64) { wideOf[T]().round(&dst[0], &x[0], len(x)) }
