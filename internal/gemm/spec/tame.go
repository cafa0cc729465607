package spec

import "math"

// magnitudes is the range of the magnitudes of some float32 numbers, as their bits, which are in
// the order of the numbers; those of a NaN are beyond an infinity's.
type magnitudes struct {
	least uint32 // that of the smallest magnitude but 0, less 1: so 0 is no special case
	most  uint32
}

// none is the range of no numbers, a wide one.
var none = magnitudes{least: math.Float32bits(math.MaxFloat32) - 1}

// with returns the range that takes in x, too.
func (r magnitudes) with(x float32) magnitudes {
	b := math.Float32bits(x) &^ (1 << 31)
	return magnitudes{min(r.least, b-1), max(r.most, b)}
}

// bounds returns the smallest magnitude but 0, MaxFloat32 when there is none, and the largest.
func (r magnitudes) bounds() (least, most float64) {
	return float64(math.Float32frombits(r.least + 1)), float64(math.Float32frombits(r.most))
}

// rangeOf returns the range of the elements of m.
func rangeOf(m Matrix[float32]) magnitudes {
	if m.ColStride > m.RowStride {
		m = m.Transposed() // to read memory in its order
	}
	r := none
	for i := range m.Rows {
		row := m.Data[i*m.RowStride:]
		for j := range m.Cols {
			r = r.with(row[j*m.ColStride])
		}
	}
	return r
}

// roof bounds what a tame chain starts from and what its products add up to, so that no sum in it
// comes near 2^128, where float32 ends.
const roof = 0x1p125

// tame reports whether chains with factors in the ranges a and b, from a start up to roof, need no
// care for the limits of float32. The last bit of a float32 number x is worth more than 2^-24 |x|,
// so that of a product is worth 2^-149 or more where its magnitude is at least 2^-101. Then every
// sum is a multiple of float32's smallest number, and below the normal numbers, 2^-126, that is
// to say that it is a float32 number.
func tame(a, b magnitudes) bool {
	leastA, mostA := a.bounds()
	leastB, mostB := b.bounds()
	return leastA*leastB >= 0x1p-101 && mostA*mostB*roundedDepth <= roof
}
