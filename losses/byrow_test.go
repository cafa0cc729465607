package losses_test

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// restLoss is 1 - p of the first class, as Row gets it.
type restLoss struct{}

func (restLoss) Row(r losses.Row) float64 { return r.Rest[0] }

// TestRestOfRow: 1 - p has no cancellation.
func TestRestOfRow(t *testing.T) {
	for _, gap := range []float64{-40, -1, 0, 1, 5, 20, 40, 700} {
		b := batch{dt: tensor.Float64, n: 1, k: 2, z: []float64{gap, 0}, index: []int{0}}
		want := 1 / (1 + math.Exp(gap))
		near(t, fmt.Sprint(gap), b.eval(t, losses.Criterion{Loss: restLoss{}}).loss, []float64{want}, 4e-16, 0)
	}
}
