package losses

import (
	"math"

	"gorgonia.org/tensor"
)

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
func UnitMap() RowMap { return unitMap{} }

// unitMap is a RowMap. Its Jacobian (I - y yᵀ)/|x| is symmetric.
type unitMap struct{}

// Key implements RowMap.
func (unitMap) Key() string { return "unit" }

// Linear implements RowMap.
func (unitMap) Linear() bool { return false }

// Check implements RowMap.
func (unitMap) Check(x Operand) error { return checkRows("rows", x) }

// Shape implements RowMap.
func (unitMap) Shape(s tensor.Shape) tensor.Shape { return s.Clone() }

// Apply implements RowMap.
func (m unitMap) Apply(x tensor.Tensor) (*tensor.Dense, error) {
	return mapAlike(m, func(dst []float64, in [][]float64) {
		unit(in[0])
		copy(dst, in[0])
	}, argument{"rows", x})
}

// Grad implements RowMap.
func (m unitMap) Grad(x, upstream tensor.Tensor) (*tensor.Dense, error) {
	return m.jacobian(x, argument{"upstream", upstream})
}

// Along implements RowMap.
func (m unitMap) Along(x, v tensor.Tensor) (*tensor.Dense, error) {
	return m.jacobian(x, argument{"direction", v})
}

// jacobian returns the product of the Jacobian with v.
func (m unitMap) jacobian(x tensor.Tensor, v argument) (*tensor.Dense, error) {
	return mapAlike(m, func(dst []float64, in [][]float64) {
		n := unit(in[0])
		across(dst, in[0], in[1], min(1/n, math.MaxFloat64)) // 0 times that is 0, for a denormal length, too
	}, argument{"rows", x}, v)
}

// GradAlong implements RowMap. With u' = u - y⟨y,u⟩ and v' alike it is
//
//	-(⟨y,v⟩ u' + ⟨y,u⟩ v' + y ⟨u',v'⟩) / |x|²
func (m unitMap) GradAlong(x, upstream, v tensor.Tensor) (*tensor.Dense, error) {
	return mapAlike(m, func(dst []float64, in [][]float64) {
		y, u, v := in[0], in[1], in[2]
		n := unit(y)
		yu, yv := across(u, y, u, 1), across(v, y, v, 1)
		uv := dot(u, v)
		for k := range dst {
			dst[k] = -(yv*u[k] + yu*v[k] + y[k]*uv) / n / n
		}
	}, argument{"rows", x}, argument{"upstream", upstream}, argument{"direction", v})
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
