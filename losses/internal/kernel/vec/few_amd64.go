//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// fewer returns how many of n rows, the last ones, take less time one by one than in a tile of w.
// Of very few classes a tile beside others takes less time than a row.
func fewer(n, w, k int) int {
	if last := n & (w - 1); n == 1 || last == 1 && k >= 8 || 16*last <= k {
		return last
	}
	return 0
}

// fewCrossEntropy computes a row of logits x and labels y. It returns false for one that is for the
// specification or has an invalid label.
func fewCrossEntropy[T spec.Float](u unit[T], loss *float64, g, x, y []T, f float64) bool {
	var l T
	var ok uint32
	if g != nil {
		l, ok = u.fewCrossEntropyGrad(&g[0], &x[0], &y[0], len(x), T(f))
	} else {
		l, ok = u.fewCrossEntropy(&x[0], &y[0], len(x))
	}
	*loss = float64(l)
	return ok != 0
}

// A single label among zeros.
var (
	hot32 = [2*tileCols - 1]float32{tileCols - 1: 1}
	hot64 = [2*tileCols - 1]float64{tileCols - 1: 1}
)

// oneHot returns the one-hot row of class y of k, which is not to be written to.
func oneHot[T spec.Float](y, k int) (row []T) {
	from := tileCols - 1 - y
	switch row := any(&row).(type) {
	case *[]float32:
		*row = hot32[from : from+k]
	case *[]float64:
		*row = hot64[from : from+k]
	}
	return row
}
