//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// Moments is [spec.Moments].
func Moments[T spec.Float](p, h []T, from float64) (plain, weighted float64) {
	whole := wholeBlocks[T](len(p))
	if whole > 0 {
		plain, weighted = moments(&p[0], &h[0], whole, from)
	}
	s, w := spec.Moments(p[whole:], h[whole:], from)
	return plain + s, weighted + w
}

// Expectation is [spec.Expectation].
func Expectation[T spec.Float](p, h []T, from float64) (sum float64) {
	_, sum = Moments(p, h, from)
	return sum
}

// Tilt is [spec.Tilt].
func Tilt[T spec.Float](p, t, h []T, from, a, b, c float64) {
	whole := wholeBlocks[T](len(p))
	if whole > 0 {
		tilt(&p[0], &t[0], &h[0], whole, from, a, b, c)
	}
	spec.Tilt(p[whole:], t[whole:], h[whole:], from, a, b, c)
}

// Affine is [spec.Affine].
func Affine[T spec.Float](p, t []T, a, b, c float64) {
	whole := wholeBlocks[T](len(p))
	if whole > 0 {
		affine(&p[0], &t[0], whole, a, b, c)
	}
	spec.Affine(p[whole:], t[whole:], a, b, c)
}

// Add is [spec.Add].
func Add[T spec.Float](dst, x []T) (finite bool) { return spec.Add(dst, x) }

// MinusLogs is [spec.MinusLogs].
func MinusLogs[T spec.Float](dst, t []T, most float64) {
	whole := wholeBlocks[T](len(t))
	if whole > 0 {
		minusLogs(&dst[0], &t[0], whole, T(most))
	}
	if whole < len(t) {
		var x, y [8]T
		n := copy(x[:], t[whole:])
		minusLogs(&y[0], &x[0], block[T](), T(most))
		copy(dst[whole:], y[:n])
	}
}

// Rests is [spec.Rests].
func Rests(rest, p []float64) (sure bool) { return spec.Rests(rest, p) }
