//go:build (amd64 || arm64) && !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// largest returns a quarter of the largest number: a row whose labels sum to more is for the
// specification.
func largest[T spec.Float]() float64 {
	if spec.Size[T]() == 4 {
		return math.MaxFloat32 / 4
	}
	return math.MaxFloat64 / 4
}

// fits reports whether neither the sum of a row's labels nor what it makes of the gradient's factor
// overflows.
func fits[T spec.Float](mass, scale float64) bool {
	return mass*max(math.Abs(scale), 1) <= largest[T]()
}
