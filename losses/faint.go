package losses

import (
	"math"
	"slices"

	"softloss/losses/internal/kernel"
)

const (
	// mostLift is how large a multiple may be of a p that has lost digits.
	mostLift = kernel.MostLift
	// closest is how far below the largest logit one is at least whose p has lost digits, with room
	// for small labels and the number of classes, and closestPower that of a power of p.
	closest, closestPower = 64, 72
)

// furthestOf returns how far below the largest logit one is at most of which lift times p is not 0.
func furthestOf(lift float64) float64 { return 105 + math.Log(lift) }

// mayBeFaint reports whether a p of the softmax of z has lost digits, or may have, and lift times
// it is not 0.
func mayBeFaint[T kernel.Float](z []T, lift float64) bool {
	if !(kernel.SizesOf(z).Most >= closest/2) {
		return false
	}
	most, furthest := float64(slices.Max(z)), furthestOf(lift)
	return slices.ContainsFunc(z, func(v T) bool {
		apart := most - float64(v)
		return closest < apart && apart < furthest
	})
}
