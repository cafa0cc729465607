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

// halfOf returns where a row of n elements is cut for its sums: of many equal terms each loses the
// same. It is 0 for a row that need not be cut: of float32, there are no digits that float64 could
// lose so.
func halfOf[T spec.Float](n int) int {
	if spec.Size[T]() == 4 || n < longRow {
		return 0
	}
	return n / 2 &^ 15
}

// weightedHalves is [WeightedSum] by the halves of a row.
func weightedHalves[T spec.Float](t []T, w []float64, half int) (plain, weighted float64, bad int) {
	p, q, bad := WeightedSum(t[:half], w[:half])
	if bad >= 0 {
		return p, q, bad
	}
	if plain, weighted, bad = WeightedSum(t[half:], w[half:]); bad >= 0 {
		bad += half
	}
	return p + plain, q + weighted, bad
}
