//go:build (amd64 || arm64) && !purego

package vec

import "softloss/losses/internal/kernel/spec"

// first returns a pointer to the first element, nil for nil.
func first[T any](x []T) *T {
	if x == nil {
		return nil
	}
	return &x[0]
}

// part returns x[from:to], nil for nil.
func part[T any](x []T, from, to int) []T {
	if x == nil {
		return nil
	}
	return x[from:to]
}

// factorsOf returns the factors of the elements [from, to), one for all where there is one.
func factorsOf[T spec.Float](scale []T, from, to int) []T {
	if len(scale) == 1 {
		return scale
	}
	return scale[from:to]
}

// halfOf is [spec.Half] for sums by vectors, of whole ones in the first half.
func halfOf[T spec.Float](n int) int { return spec.HalfFrom[T](n, longRow) &^ 15 }
