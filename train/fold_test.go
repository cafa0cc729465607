package train

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses"
	"softloss/train/dataset"
)

// A folded model says of scaled features what the saved one says of raw ones, whichever of the parts there are.
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

// The temperature of a model is that of its logits; a row that counts twice is a row that stands there twice.
func TestModelFitTemperature(t *testing.T) {
	set := randomSet(60, 4, 3, 2)
	m := newModel([]int{4, 3}, 3)
	probs, err := m.Predict(set.Features)
	require.NoError(t, err)
	set.Labels, err = dataset.Majority(probs) // what it says, but for every fourth row
	require.NoError(t, err)
	for i := 0; i < 60; i += 4 {
		row := set.Labels.Float32s()[3*i : 3*i+3]
		row[0], row[1], row[2] = row[1], row[2], row[0]
	}
	z, err := m.Logits(set.Features)
	require.NoError(t, err)
	want, err := FitTemperature(z, set.Labels)
	require.NoError(t, err)
	got, err := m.FitTemperature(set)
	require.NoError(t, err)
	require.InDelta(t, want, got, 0)

	rows := make([]int, 0, 90)
	set.Counts = make([]float64, 60)
	for i := range 60 {
		set.Counts[i] = float64(2 + 2*(i%2)) // in the proportion 1 to 2
		for range 1 + i%2 {
			rows = append(rows, i)
		}
	}
	twice, err := set.Subset(rows)
	require.NoError(t, err)
	twice.Counts = nil
	want, err = m.FitTemperature(twice)
	require.NoError(t, err)
	weighted, err := m.FitTemperature(set)
	require.NoError(t, err)
	require.InEpsilon(t, want, weighted, 1e-9)
	require.Greater(t, math.Abs(weighted/got-1), 1e-4, "or the test says nothing")

	calibrated, err := (&Saved{Model: m, Temperature: weighted}).Fold(nil)
	require.NoError(t, err)
	before, err := m.Evaluate(set, losses.Criterion{})
	require.NoError(t, err)
	after, err := calibrated.Evaluate(set, losses.Criterion{})
	require.NoError(t, err)
	require.Less(t, after.Loss, before.Loss)
	require.Equal(t, before.Accuracy, after.Accuracy)

	_, err = m.FitTemperature(randomSet(5, 3, 3, 1))
	require.ErrorIs(t, err, ErrMismatch)
	_, err = m.FitTemperature(nil)
	require.ErrorIs(t, err, ErrEmpty)
}
