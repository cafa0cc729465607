package spec

import "unsafe"

// Float is an element type.
type Float interface{ float32 | float64 }

// Size returns the number of bytes of the element type.
func Size[T Float]() int { return int(unsafe.Sizeof(T(0))) }

// Tiny returns the smallest normal number of the element type.
func Tiny[T Float]() float64 {
	if Size[T]() == 4 {
		return 0x1p-126
	}
	return 0x1p-1022
}

// Row returns row i of a matrix of k columns, nil for nil.
func Row[T any](x []T, i, k int) []T {
	if x == nil {
		return nil
	}
	return x[i*k : i*k+k]
}

// Factor returns the factor of row i: scale holds one for all rows or one a row.
func Factor[T Float](scale []T, i int) float64 { return float64(FactorOf(scale, i)[0]) }

// FactorOf returns the slice that holds the factor of row i alone.
func FactorOf[T Float](scale []T, i int) []T {
	if len(scale) == 1 {
		return scale
	}
	return scale[i : i+1]
}
