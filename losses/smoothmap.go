package losses

import (
	"fmt"

	"gorgonia.org/tensor"
)

// smoothingMap is a Smoothing as a RowMap. Its second derivatives are 0.
type smoothingMap struct{ Smoothing }

// Map returns [Smoothing.Apply] with its derivatives.
func (s Smoothing) Map() RowMap { return smoothingMap{s} }

// Key implements RowMap.
func (m smoothingMap) Key() string {
	return fmt.Sprintf("smooth %s", Criterion{Smoothing: m.Smoothing}.Key())
}

// Linear implements RowMap.
func (m smoothingMap) Linear() bool { return true }

// Shape implements RowMap.
func (m smoothingMap) Shape(s tensor.Shape) tensor.Shape { return s.Clone() }

// GradAlong implements RowMap.
func (m smoothingMap) GradAlong(tensor.Tensor, tensor.Tensor, tensor.Tensor) (*tensor.Dense, error) {
	return nil, nil
}

// Along implements RowMap: with a prior it is (1-α) v_k + α μ_k Σ_j v_j; the Jacobians of the other
// rules are symmetric.
func (m smoothingMap) Along(labels, v tensor.Tensor) (*tensor.Dense, error) {
	// Grad also finds what is wrong with labels and v.
	g, err := m.Grad(labels, v)
	if err != nil || m.Rule != SmoothPrior || m.Prior == nil {
		return g, err
	}
	d, err := denseOf("direction", v)
	if err != nil {
		return nil, err
	}
	mapWide(g, func(dst []float64, in [][]float64) {
		var sum float64
		for _, x := range in[0] {
			sum += x
		}
		for k, x := range in[0] {
			dst[k] = times(1-m.Alpha, x) + times(m.Alpha*m.Prior[k], sum)
		}
	}, d)
	return g, nil
}
