package input

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/cli"
	"softloss/losses"
	"softloss/train/dataset"
)

// Balanced weights are mean(counts)/counts, with the rows' own weights, and 1 for a class that is
// not there; numbers are taken as they are, of classes or of true labels.
func TestWeights(t *testing.T) {
	labels := []float32{1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0}
	set := &dataset.Dataset{
		Features:   tensor.New(tensor.WithShape(4, 1), tensor.WithBacking(make([]float32, 4))),
		Labels:     tensor.New(tensor.WithShape(4, 3), tensor.WithBacking(labels)),
		ClassNames: []string{"a", "b", "c"},
	}
	apply := func(text string, link losses.Link) (losses.Criterion, error) {
		var w Weights
		require.NoError(t, w.Flag(true).Set(text))
		c := losses.Criterion{Link: link}
		return c, w.Apply(&c, set)
	}
	for _, test := range []struct {
		text   string
		counts []float64
		want   losses.Criterion
	}{
		{"none", nil, losses.Criterion{}},
		{"balanced", nil, losses.Criterion{ClassWeights: []float64{4. / 9, 4. / 3, 1}}},
		{"balanced", []float64{1, 1, 1, 5}, losses.Criterion{ClassWeights: []float64{4 / 4.5, 4 / 7.5, 1}}},
		{"balanced", nil, losses.Criterion{Link: losses.SigmoidLink, PosWeight: []float64{1. / 3, 3, 1}}},
		{"1,0, 2.5", nil, losses.Criterion{ClassWeights: []float64{1, 0, 2.5}}},
		{"1,0,2.5", nil, losses.Criterion{Link: losses.SigmoidLink, PosWeight: []float64{1, 0, 2.5}}},
		{"7", nil, losses.Criterion{Link: losses.SigmoidLink, PosWeight: []float64{7}}},
	} {
		set.Counts = test.counts
		got, err := apply(test.text, test.want.Link)
		require.NoError(t, err)
		require.Equal(t, test.want, got, test.text)
	}
	_, err := apply("7", losses.SoftmaxLink)
	require.ErrorIs(t, err, cli.ErrUsage)
	require.EqualError(t, err, "-weights 7: got 1 number, want 3, one for each class: a, b, c")
	_, err = apply("1,2", losses.SigmoidLink)
	require.EqualError(t, err, "-weights 1,2: got 2 numbers, want 3, one for each label: a, b, c")
	for _, bad := range []string{"", "balance", "1,,2", "-1", "NaN", "Inf", "1;2", "0,0"} {
		require.Error(t, new(Weights).Flag(true).Set(bad), bad)
	}
}
