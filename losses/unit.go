package losses

import "math"

// UnitMap returns the map of every row to its direction, with its derivatives:
//
//	y = x / |x|
//
// Shapes: x [N, D] → [N, D], or of other ranks as for [Softmax]. It neither overflows nor
// underflows.
//
// Special cases are:
//
//	a row of zeros                   y = 0, and so are its derivatives
//	a row with a NaN or an infinity  that row is NaN, no other
//
// Cosines are products of such rows: graph.CosineLogits.
func UnitMap() RowMap {
	return wideMap{
		key: "unit", arg: "rows",
		apply: func(dst, x, _ []float64) {
			unit(x)
			copy(dst, x)
		},
		along: func(dst, x, v, _ []float64) { // the Jacobian is (I - y yᵀ)/|x|
			n := unit(x)
			across(dst, x, v, min(1/n, math.MaxFloat64)) // 0 times that is 0, for a denormal length, too
		},
		// With u' = u - y⟨y,u⟩ and v' alike it is -(⟨y,v⟩ u' + ⟨y,u⟩ v' + y ⟨u',v'⟩) / |x|².
		gradAlong: func(dst, y, u, v, _ []float64) {
			n := unit(y)
			yu, yv := across(u, y, u, 1), across(v, y, v, 1)
			uv := dot(u, v)
			for k := range dst {
				dst[k] = -(yv*u[k] + yu*v[k] + y[k]*uv) / n / n
			}
		},
	}
}

// unit divides x by its length, which it returns. A row of zeros stays, with an infinite length, by
// which derivatives become 0.
func unit(x []float64) float64 {
	var top float64
	for _, v := range x {
		top = max(top, math.Abs(v)) // NaN, too, is the largest
	}
	if top == 0 {
		return math.Inf(1)
	}
	var sum float64
	for k := range x {
		x[k] /= top
		sum += x[k] * x[k]
	}
	n := math.Sqrt(sum)
	for k := range x {
		x[k] /= n
	}
	return n * top
}

// across stores f times the part of u across the unit vector y in dst, which may be u, and returns
// ⟨y,u⟩.
func across(dst, y, u []float64, f float64) float64 {
	along := dot(y, u)
	for k := range dst {
		dst[k] = f * (u[k] - along*y[k])
	}
	return along
}
