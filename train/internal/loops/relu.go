package loops

import "math"

// Rectify is a ReLU in place: x ← max(x, 0), +0 for both zeros, and a NaN stays.
func Rectify(x []float32) { rectify(x[rectifyVectors(x):]) }

func rectify(x []float32) {
	for i, v := range x {
		x[i] = max(v, 0)
	}
}

// RectifyGrad sets out to up where y is not +0, else to +0. y is the output of a ReLU.
func RectifyGrad(out, y, up []float32) {
	y, up = y[:len(out)], up[:len(out)]
	n := rectifyGradVectors(out, y, up)
	rectifyGrad(out[n:], y[n:], up[n:])
}

// rectifyGrad selects in bits: half of the units are off in no order that a branch could be
// predicted in.
func rectifyGrad(out, y, up []float32) {
	y, up = y[:len(out)], up[:len(out)]
	for i := range out {
		b := math.Float32bits(y[i])
		on := uint32(int32(b|-b) >> 31) // all ones unless b is 0
		out[i] = math.Float32frombits(math.Float32bits(up[i]) & on)
	}
}
