package losses_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// TestWeightlessRowsAreChecked: a row whose labels have no weight so far goes only when all of them are labels.
func TestWeightlessRowsAreChecked(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, loss := range []losses.Loss{losses.CrossEntropy{}, losses.MAE{}, losses.Focal{Gamma: 2}, losses.KL{}} {
			for _, bad := range []float64{nan, inf, -1} {
				for _, k := range []int{2, 3, 9, 40} {
					weights := make([]float64, k)
					weights[k-1] = 1
					label := oneHot(k, 0, 0)
					label[2*k-1] = bad
					b := batch{dt: dt, n: 2, k: k, z: make([]float64, 2*k), t: label}
					_, err := b.try(t, losses.Criterion{Loss: loss, ClassWeights: weights})
					require.ErrorIs(t, err, losses.ErrLabel, "%T k=%d label %v", loss, k, bad)
					// The same row among those that a sample weight removes is not looked at.
					b.s = []float64{1, 0}
					_, err = b.try(t, losses.Criterion{Loss: loss, ClassWeights: weights})
					require.NoError(t, err, "%T k=%d label %v", loss, k, bad)
				}
			}
		}
	}
}
