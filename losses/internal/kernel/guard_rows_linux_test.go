package kernel

import (
	"math/rand/v2"
	"testing"

	"softloss/internal/numtest"
)

// TestGuardRows runs the kernels of single rows, and what prepares numbers for others, at the edges
// of pages.
func TestGuardRows(t *testing.T) { both(t, guardRows[float32], guardRows[float64]) }

func guardRows[T Float](t *testing.T) {
	pages := newPages(t, 10, 4096)
	r := rand.New(rand.NewPCG(7, 7))
	for k := 1; k <= 70; k++ {
		b := newBlock[T](1, k, ordinary)
		for _, behind := range []bool{true, false} {
			narrow := func(i int, x []T) []T { return numtest.Guard(pages[i], x, behind) }
			room := func(i int) []T { return narrow(i, make([]T, k)) }
			z, labels := narrow(0, b.z), narrow(1, b.t)
			wide := numtest.Guard(pages[2], make([]float64, k), behind)
			loss := numtest.Guard(pages[3], []float64{0}, behind)
			for _, target := range [][]T{nil, labels} {
				for _, to := range [][]T{nil, room(4)} {
					for _, factor := range []float64{1, 0.5} {
						p := &Prepared[T]{Factor: factor}
						for _, p.Hi = range [][]T{nil, room(5)} {
							if p.Hi != nil {
								p.Low, p.Power, p.Rest = room(6), room(8), room(9)
							}
							if p.Hi != nil && Prepares(p) {
								Lower(p, labels, wide, wide, 2)
								clear(p.Hi)
								clear(p.Low)
								clear(p.Power)
								clear(p.Rest)
							}
							if Prepares(p) {
								CrossEntropyRow(p, &loss[0], to, z, target, r.IntN(k), 0.5, 0.25)
							}
						}
						p.Low, p.Power, p.Rest = nil, nil, nil
					}
					if to != nil && RowByRow[T](k) {
						SoftmaxRows(make([]SoftmaxOf, 1), to, z, target, []int{r.IntN(k)}, k)
					}
				}
			}
			CrossEntropyLabels(loss, nil, room(4), z, labels, []T{1}, k, LabelGrads[T]{Factor: []T{-1}, Keep: 1, Mix: 1,
				Prior: room(5), Weights: room(6)})
			Widen(wide, z)
			Round(room(4), wide)
			AddScaled(room(4), z, 2)
			Sum(labels)
			WeightedSum(labels, wide)
			Weigh(room(4), labels, wide)
			Mix(room(4), labels, wide, 0.5, 0.25)
			Smooth(room(4), labels, 0.5, 0, 0.25, 0, k)
			Divide(wide, z, numtest.Guard(pages[7], make([]float64, k), behind), 3)
			Divide(wide, z, nil, 3)
		}
	}
}
