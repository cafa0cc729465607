package losses_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

func TestParseLoss(t *testing.T) {
	for text, want := range map[string]losses.Loss{
		"ce":                      losses.CrossEntropy{},
		" mae ":                   losses.MAE{},
		"gce":                     losses.GCE{Q: 0.7},
		"gce:q=0.5":               losses.GCE{Q: 0.5},
		"focal: Gamma = 1.5":      losses.Focal{Gamma: 1.5},
		"bitempered:t2=1.4":       losses.BiTempered{T1: 0.8, T2: 1.4},
		"bitempered:t1=.5,t2=1.4": losses.BiTempered{T1: 0.5, T2: 1.4},
		"10*nce+1*mae":            losses.WeightedSum{{Weight: 10, Loss: losses.NCE{}}, {Weight: 1, Loss: losses.MAE{}}},
		"nce + rce:a=-4": losses.WeightedSum{{Weight: 1, Loss: losses.NCE{}},
			{Weight: 1, Loss: losses.ReverseCrossEntropy{A: -4}}},
		"2*ce":                    losses.WeightedSum{{Weight: 2, Loss: losses.CrossEntropy{}}},
		"sce:alpha=1,beta=2,a=-3": losses.SymmetricCrossEntropy{Alpha: 1, Beta: 2, A: -3},
		"confidence:beta=0.25,":   losses.ConfidencePenalty{Beta: 0.25},
		"1e+6*ce+mae": losses.WeightedSum{{Weight: 1e6, Loss: losses.CrossEntropy{}},
			{Weight: 1, Loss: losses.MAE{}}},
		"poly1:epsilon=-1": losses.Poly1{Epsilon: -1},
		"0.5*gce:q=1+0.5*kl": losses.WeightedSum{{Weight: 0.5, Loss: losses.GCE{Q: 1}},
			{Weight: 0.5, Loss: losses.KL{}}},
	} {
		got, err := losses.ParseLoss(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
		again, ok := losses.FormatLoss(got)
		require.True(t, ok, text)
		back, err := losses.ParseLoss(again)
		require.NoError(t, err, again)
		assert.Equal(t, want, back, again)
	}
	for _, name := range losses.LossNames() {
		l, err := losses.ParseLoss(name)
		require.NoError(t, err, name)
		text, ok := losses.FormatLoss(l)
		assert.True(t, ok)
		assert.Equal(t, name, text)
	}
}

func TestParseLossErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":               `losses: loss: "" is unknown, want one of ` + strings.Join(losses.LossNames(), ", "),
		"gce:p=1":        `losses: loss gce: "p" is no parameter, want gce:q=0.7`,
		"gce:q=1, Q =.5": `losses: loss gce: "q" is given twice, want gce:q=0.7`,
		"gce:q":          `losses: loss gce: q="" is no number, want such as q=0.5`,
		"gce:q=2":        `losses: GCE.Q: 2 is out of range, want a number in (0, 1]; the paper uses 0.7`,
		"x*ce":           `losses: loss: "x" is no weight, want a number`,
		"-1*ce+mae":      `losses: WeightedSum: term 0: weight -1 is out of range, want a number in [0, 1e+30]`,
		"ce:gamma=1":     `losses: loss ce: "gamma" is no parameter, want ce`,
	} {
		_, err := losses.ParseLoss(text)
		require.EqualError(t, err, want, text)
		assert.ErrorIs(t, err, losses.ErrParam)
	}
	_, ok := losses.FormatLoss(losses.WeightedSum{{Weight: 1,
		Loss: losses.WeightedSum{{Weight: 1, Loss: losses.NCE{}}}}})
	assert.False(t, ok, "a sum of sums has no text")
}

// TestParseLossGivesNoLossWithAnError: what is not valid is not returned.
func TestParseLossGivesNoLossWithAnError(t *testing.T) {
	for _, text := range []string{"-1*ce", "nan*ce", "ce+gce:q=2", "2*", "ce:x=1"} {
		l, err := losses.ParseLoss(text)
		assert.ErrorIs(t, err, losses.ErrParam, text)
		assert.Nil(t, l, text)
	}
}
