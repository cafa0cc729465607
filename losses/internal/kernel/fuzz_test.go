//go:build !purego

package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// FuzzVectors compares the assembly with the specification. The bytes choose the shape, the class
// of values, the implementation and what stands in some elements.
func FuzzVectors(f *testing.F) {
	f.Add(uint8(10), uint8(16), uint8(0), uint8(3), []byte{1, 2, 3})
	f.Add(uint8(32), uint8(2), uint8(3), uint8(1), []byte{0, 9, 200, 7})
	f.Add(uint8(33), uint8(1), uint8(9), uint8(2), []byte{5, 0, 80})
	f.Add(uint8(129), uint8(0), uint8(14), uint8(0), []byte{5, 3, 128, 255, 4, 11})
	f.Add(uint8(2), uint8(15), uint8(20), uint8(3), []byte{12, 14, 30, 6, 13, 2})
	f.Fuzz(func(t *testing.T, k, n, c, impl uint8, bytes []byte) {
		names := implementations()
		if len(names) == 1 {
			t.Skip("no assembly on this machine")
		}
		force(t, names[1+int(impl/2)%(len(names)-1)])
		if impl%2 == 0 {
			fuzzed[float32](t, k, n, c, bytes)
		} else {
			fuzzed[float64](t, k, n, c, bytes)
		}
	})
}

// fuzzed takes the bytes in threes: a value, and where it goes.
func fuzzed[T Float](t *testing.T, k, n, c uint8, bytes []byte) {
	values := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1, -1, 1e4, -1e4, 1e30, -1e30,
		88, -104, 1 << 20, 0x1p-149, -0x1p-149}
	b := newBlock[T](1+int(n%35), 1+int(k), fuzzClass(int(c)))
	for ; len(bytes) >= 3; bytes = bytes[3:] {
		v, at := T(values[int(bytes[0]&15)]), (int(bytes[1])<<8|int(bytes[2]))%len(b.z)
		large := v > 1 && v <= math.MaxFloat32 // as a label: a gradient is then the difference of large numbers
		if bytes[0]&16 != 0 && !large && (v == v || bytes[0]&32 != 0) {
			b.t[at] = v
		} else {
			b.z[at] = v
		}
	}
	agreeOn(t, b)
}

// fuzzClass is one of the classes, without those where the sign of p - t, or the rounding of
// numbers close together, may differ between two arithmetics.
func fuzzClass(c int) class {
	picked := classes[c%len(classes)]
	switch picked.name {
	case "large labels", "huge label", "huge labels", "tiny labels":
		return class{picked.name, func(r *rand.Rand, z, t []float64) { z[0] *= 3 }}
	}
	return picked
}
