package metric

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

func TestRankingGolden(t *testing.T) {
	text, err := os.ReadFile("../../testdata/ranking.json")
	require.NoError(t, err)
	var golden struct {
		Cases []struct {
			Name                    string
			Scores, Labels, Weights []float64
			ROCAUC                  float64 `json:"roc_auc"`
			AveragePrecision        float64 `json:"average_precision"`
		}
	}
	require.NoError(t, json.Unmarshal(text, &golden))
	require.Len(t, golden.Cases, 10)
	for _, c := range golden.Cases {
		n := len(c.Scores)
		area, err := ROCAUC(table(c.Scores, n), table(c.Labels, n), c.Weights)
		require.NoError(t, err, c.Name)
		require.InDelta(t, c.ROCAUC, area[0], 1e-12, c.Name)
		precision, err := AveragePrecision(table(c.Scores, n), table(c.Labels, n), c.Weights)
		require.NoError(t, err, c.Name)
		require.InDelta(t, c.AveragePrecision, precision[0], 1e-12, c.Name)
	}
}

// Every class against the others; a perfect order, its reverse, ties, and nothing to order.
func TestRankingByHand(t *testing.T) {
	probs := table([]float32{
		.7, .3, .5, .5, 0,
		.6, .4, .5, .2, 0,
		.1, .9, .5, .5, 0,
	}, 3, 5)
	labels := table([]float32{
		1, 1, 1, 1, 0,
		1, 1, 0, 0, 0,
		0, 0, 1, 0, 0,
	}, 3, 5)
	area, err := ROCAUC(probs, labels, nil)
	require.NoError(t, err)
	require.Equal(t, []float64{1, 0, .5, .75}, area[:4])
	require.True(t, math.IsNaN(area[4]))
	precision, err := AveragePrecision(probs, labels, nil)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{1, (1./2 + 2./3) / 2, 2. / 3, .5}, precision[:4], 1e-15)
	require.True(t, math.IsNaN(precision[4]))

	_, err = ROCAUC(probs, table([]float32{1}, 1), nil)
	require.Error(t, err)
	_, err = AveragePrecision(probs, labels, []float64{1})
	require.ErrorIs(t, err, losses.ErrWeight)
}

// Where every row is of the class there is no order to measure.
func TestRankingOfOneAnswer(t *testing.T) {
	probs, labels := table([]float32{.7, .6, .1}, 3), table([]float32{1, 1, 1}, 3)
	for name, rank := range map[string]func(s, l tensor.Tensor, w []float64) ([]float64, error){
		"ROCAUC": ROCAUC, "AveragePrecision": AveragePrecision,
	} {
		got, err := rank(probs, labels, nil)
		require.NoError(t, err, name)
		require.True(t, math.IsNaN(got[0]), name)
	}
}
