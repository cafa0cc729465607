package train

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses"
	"softloss/train/dataset"
	"softloss/train/metric"
)

// A folded model says of scaled features what the saved one says of raw ones, whichever of the
// parts there are.
func TestFold(t *testing.T) {
	set := randomSet(50, 3, 4, 8)
	own, err := dataset.FitScaler(set.Features)
	require.NoError(t, err)
	given := &dataset.Scaler{Mean: []float64{0.5, -2, 3}, Std: []float64{2, 0.25, 1}}
	scaled, err := given.Transform(set.Features)
	require.NoError(t, err)
	for _, sizes := range [][]int{{3, 4}, {3, 6, 4}, {3, 5, 7, 4}} {
		for _, temperature := range []float64{0, 1, 2.5} {
			for _, scaler := range []*dataset.Scaler{nil, own} {
				s := &Saved{Model: newModel(sizes, 1), Scaler: scaler, Temperature: temperature}
				want, err := s.Predict(set.Features)
				require.NoError(t, err)
				raw, err := s.Fold(nil)
				require.NoError(t, err)
				got, err := raw.Predict(set.Features)
				require.NoError(t, err)
				requireClose(t, widen(want.Float32s()), got.Float32s(), 1e-5, 1e-7, "raw")
				other, err := s.Fold(given)
				require.NoError(t, err)
				got, err = other.Predict(scaled)
				require.NoError(t, err)
				requireClose(t, widen(want.Float32s()), got.Float32s(), 1e-5, 1e-6, "scaled")
			}
		}
	}
	s := &Saved{Model: newModel([]int{3, 4}, 1)}
	plain, err := s.Fold(nil)
	require.NoError(t, err)
	require.Equal(t, weightsOf(s.Model), weightsOf(plain))
}

func TestFoldErrors(t *testing.T) {
	m := newModel([]int{3, 4}, 1)
	_, err := (&Saved{}).Fold(nil)
	require.ErrorIs(t, err, ErrEmpty)
	_, err = (&Saved{Model: m}).Fold(&dataset.Scaler{Mean: []float64{1}, Std: []float64{1}})
	require.ErrorIs(t, err, ErrMismatch)
	_, err = (&Saved{Model: m, Temperature: math.SmallestNonzeroFloat64}).Fold(nil)
	require.ErrorIs(t, err, ErrValue)
}

// A temperature found on the logits lowers the loss of the folded model and leaves its classes.
func TestFoldTemperature(t *testing.T) {
	set := randomSet(60, 4, 3, 2)
	m := newModel([]int{4, 3}, 3)
	z, err := m.Logits(set.Features)
	require.NoError(t, err)
	set.Labels, err = dataset.Majority(z) // what it says, but for every fourth row
	require.NoError(t, err)
	set.Counts = make([]float64, 60)
	for i := range 60 {
		set.Counts[i] = float64(1 + i%2)
		if row := set.Labels.Float32s()[3*i : 3*i+3]; i%4 == 0 {
			row[0], row[1], row[2] = row[1], row[2], row[0]
		}
	}
	temperature, err := metric.FitTemperature(z, set.Labels, set.Counts)
	require.NoError(t, err)
	calibrated, err := (&Saved{Model: m, Temperature: temperature}).Fold(nil)
	require.NoError(t, err)
	before, err := m.Evaluate(set, losses.Criterion{})
	require.NoError(t, err)
	after, err := calibrated.Evaluate(set, losses.Criterion{})
	require.NoError(t, err)
	require.Less(t, after.Loss, before.Loss)
	require.Equal(t, before.Accuracy, after.Accuracy)
}
