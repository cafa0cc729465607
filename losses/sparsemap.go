package losses

import (
	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// Key implements RowMap.
func (n sparse) Key() string { return [...]string{sparsemax: "sparsemax", entmax15: "entmax15"}[n] }

// Check implements RowMap.
func (n sparse) Check(x Operand) error { return checkRows("logits", x) }

// Shape implements RowMap.
func (n sparse) Shape(s tensor.Shape) tensor.Shape { return s.Clone() }

// Linear implements RowMap. A sparsemax is linear, but not the same everywhere.
func (n sparse) Linear() bool { return false }

// Apply implements RowMap.
func (n sparse) Apply(x tensor.Tensor) (*tensor.Dense, error) {
	f := n.probs()
	return mapAlike(n, func(dst []float64, in [][]float64) { f(dst, in[0]) }, argument{"logits", x})
}

// probs returns the map of a row.
func (n sparse) probs() func(dst, z []float64) {
	var memory []float64
	return func(dst, z []float64) {
		for j, g := range n.point(z, &memory).gap {
			dst[j] = n.power(g)
		}
	}
}

// Grad implements RowMap: the Jacobian is symmetric.
func (n sparse) Grad(x, upstream tensor.Tensor) (*tensor.Dense, error) {
	return n.jacobian(x, argument{"upstream", upstream})
}

// Along implements RowMap.
func (n sparse) Along(x, v tensor.Tensor) (*tensor.Dense, error) {
	return n.jacobian(x, argument{"direction", v})
}

// jacobian returns the product of the Jacobian with v.
func (n sparse) jacobian(x tensor.Tensor, v argument) (*tensor.Dense, error) {
	var memory []float64
	return mapAlike(n, func(dst []float64, in [][]float64) {
		z, v := in[0], in[1]
		sum := n.escort(z, n.point(z, &memory))
		center(dst, z, v)
		scaleBy(dst, z, sum)
	}, argument{"logits", x}, v)
}

// GradAlong implements RowMap. With a = u - ⟨w,u⟩/Σ w and b alike of v, w = √p, that of the entmax
// is where p > 0
//
//	(a b - w ⟨a,b⟩/Σ w)/2,
//
// the sum being over those classes, and 0 elsewhere.
func (n sparse) GradAlong(x, upstream, v tensor.Tensor) (*tensor.Dense, error) {
	var memory []float64
	return mapAlike(n, func(dst []float64, in [][]float64) {
		w, u, v := in[0], in[1], in[2]
		n.escort(w, n.point(w, &memory))
		center(u, w, u)
		center(v, w, v)
		var sum float64
		for j := range dst {
			if dst[j] = 0; w[j] != 0 && n == entmax15 {
				dst[j] = u[j] * v[j] / 2
				sum += dst[j]
			}
		}
		for j := range dst {
			dst[j] -= w[j] * sum
		}
	}, argument{"logits", x}, argument{"upstream", upstream}, argument{"direction", v})
}

// point is solve in memory that is kept.
func (n sparse) point(z []float64, memory *[]float64) point {
	at, _ := n.solve(z, dense.Grow(memory, 2*len(z)))
	return at
}
