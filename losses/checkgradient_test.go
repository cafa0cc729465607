package losses_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

func TestCheckGradient(t *testing.T) {
	for _, l := range slices.Concat([]losses.Loss{nil, GCE{Q: 0.7}}, slices.Collect(maps.Values(lossFamily))) {
		for _, classes := range []int{2, 5, 40} {
			require.NoError(t, losses.CheckGradient(l, classes), "%#v", l)
		}
	}
	for _, classes := range []int{math.MinInt, 1, 4097, math.MaxInt} {
		require.ErrorIs(t, losses.CheckGradient(nil, classes), losses.ErrParam, "%d classes", classes)
	}
	require.ErrorIs(t, losses.CheckGradient(losses.GCE{}, 3), losses.ErrParam)
}

// forgetful leaves out a derivative.
type forgetful struct {
	losses.Loss
	what string
}

func (f forgetful) Row(r losses.Row) float64 {
	switch f.what {
	case "Grad":
		r.Grad = nil
	case "TargetGrad":
		r.TargetGrad = nil
	}
	return f.Loss.Row(r)
}

func TestCheckGradientFails(t *testing.T) {
	for what, by := range map[string]string{"Grad": "by logit 0 is 0, want ", "TargetGrad": "by label 2 is 0, want "} {
		err := losses.CheckGradient(forgetful{losses.CrossEntropy{}, what}, 3)
		require.ErrorIs(t, err, losses.ErrLoss)
		require.ErrorContains(t, err, by)
	}
	err := losses.CheckGradient(notANumber{}, 2)
	require.ErrorIs(t, err, losses.ErrLoss)
	require.ErrorContains(t, err, "losses_test.notANumber: the value is NaN, want a finite number (logits [")
}

// notANumber is a loss without a value.
type notANumber struct{}

func (notANumber) Row(losses.Row) float64 { return math.NaN() }

// A test of a loss of one's own.
func ExampleCheckGradient() {
	fmt.Println(losses.CheckGradient(GCE{Q: 0.7}, 5))
	// Output: <nil>
}

// TestCheckGradientByLink: every loss of the list, and a sum, under a link that it has.
func TestCheckGradientByLink(t *testing.T) {
	for _, e := range losses.Losses() {
		if e.Name == "mae" || e.Name == "rce" || e.Name == "sce" {
			continue // labels of 0 and the logarithm's floor are kinks
		}
		assert.NoError(t, losses.CheckGradient(e.Loss, 3), e.Name)
	}
	assert.NoError(t, losses.CheckGradient(losses.WeightedSum{{Weight: 2,
		Loss: losses.Asymmetric{GammaPos: 1, GammaNeg: 2, Margin: .2}}}, 3))
}
