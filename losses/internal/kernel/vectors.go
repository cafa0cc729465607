package kernel

import (
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// Sum returns Σ x, summed in float64.
func Sum[T Float](x []T) float64 {
	if vec.On() {
		return vec.Sum(x)
	}
	return spec.Sum(x)
}

// Positives returns how many labels are above 0.
func Positives[T Float](t []T) int {
	if vec.On() && len(t) > few {
		return vec.Positives(t)
	}
	return spec.Positives(t)
}

// WeightedSum returns two sums of a row of labels and its first invalid one; see
// [spec.WeightedSum].
func WeightedSum[T Float](t []T, w []float64) (plain, weighted float64, bad int) {
	if vec.On() {
		return vec.WeightedSum(t, w)
	}
	return spec.WeightedSum(t, w)
}

// Weigh multiplies labels by class weights; see [spec.Weigh].
func Weigh[T Float](dst, t []T, w []float64) (bad int) {
	if vec.On() {
		return vec.Weigh(dst, t, w)
	}
	return spec.Weigh(dst, t, w)
}

// Mix mixes labels with a distribution; see [spec.Mix].
func Mix[T Float](dst, t []T, w []float64, keep, add float64) (bad int) {
	if vec.On() {
		return vec.Mix(dst, t, w, keep, add)
	}
	return spec.Mix(dst, t, w, keep, add)
}

// Smooth smooths the labels of every row; see [spec.Smooth].
func Smooth[T Float](dst, t []T, keep, cut, add, addMass float64, k int) (bad int) {
	if vec.On() {
		return vec.Smooth(dst, t, keep, cut, add, addMass, k)
	}
	return spec.Smooth(dst, t, keep, cut, add, addMass, k)
}

// Divide shifts and divides the logits of a row; see [spec.Divide].
func Divide[T Float](dst []float64, z []T, shift []float64, t float64) (top float64) {
	if vec.On() && t >= 0x1p-1000 { // 1/t is finite
		return vec.Divide(dst, z, shift, t)
	}
	return spec.Divide(dst, z, shift, t)
}

// ElementLogits shifts and divides the logits of elements; see [spec.ElementLogits].
func ElementLogits[T Float](dst []float64, z []T, shift []float64, t float64) (ok bool) {
	if vec.On() && t >= 0x1p-1000 { // 1/t is finite
		return vec.ElementLogits(dst, z, shift, t)
	}
	return spec.ElementLogits(dst, z, shift, t)
}

// Position returns the first place of v in x, or len(x).
func Position(x []float64, v float64) int {
	if vec.On() && len(x) > 0 {
		return vec.Position(x, v)
	}
	return spec.Position(x, v)
}

// AddScaled adds a p to dst.
func AddScaled[T Float](dst, p []T, a float64) {
	if vec.On() {
		vec.AddScaled(dst, p, a)
		return
	}
	spec.AddScaled(dst, p, a)
}

// AddSquares adds f x² to dst, as long, and returns the size of the largest x, NaN aside.
func AddSquares(dst, x []float64, f float64) (most float64) {
	if vec.On() && len(x) > 0 {
		return vec.AddSquares(dst, x, f)
	}
	return spec.AddSquares(dst, x, f)
}

// Factors stores f x in dst, as long, rounded to the element type.
func Factors[T Float](dst, x []T, f float64) {
	if vec.On() && len(x) > 0 {
		vec.Factors(dst, x, f)
		return
	}
	spec.Factors(dst, x, f)
}

// Sizes are those of numbers; see [spec.Sizes].
type Sizes = spec.Sizes

// SizesOf returns those of x.
func SizesOf[T Float](x []T) Sizes {
	if vec.On() && len(x) > 0 {
		return vec.SizesOf(x)
	}
	return spec.SizesOf(x)
}

// Times multiplies dst by x, as long.
func Times[T Float](dst []float64, x []T) {
	if vec.On() && len(x) > 0 {
		vec.Times(dst, x)
		return
	}
	spec.Times(dst, x)
}

// Eights are a sum; see [spec.Eights].
type Eights = spec.Eights

// MostTurns is how many turns the lanes of [Eights] have at most; see [spec.MostTurns].
const MostTurns = spec.MostTurns

// AddEights adds as many of x as come in eights without a 0, with most turns of the lanes, and
// returns how many.
func AddEights(e *Eights, x []float64, most int) (done int) {
	if vec.On() && len(x) > 0 {
		return vec.AddEights(e, x, most)
	}
	return spec.AddEights(e, x, most)
}

// Widen stores x in dst, as long.
func Widen[T Float](dst []float64, x []T) {
	if vec.On() && len(x) > 0 {
		vec.Widen(dst, x)
		return
	}
	spec.Widen(dst, x)
}

// Round stores x in dst, as long, rounded to the element type.
func Round[T Float](dst []T, x []float64) {
	if vec.On() && len(x) > 0 {
		vec.Round(dst, x)
		return
	}
	spec.Round(dst, x)
}
