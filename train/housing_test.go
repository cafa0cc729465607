package train

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses"
	"softloss/train/dataset"
)

// entropyBound returns the smallest mean cross entropy that any model can have on the set: the
// mean entropy of its labels, weighted by the counts.
func entropyBound(set *dataset.Dataset) float64 {
	var sum, all float64
	for i := range set.Len() {
		for j := range set.NumClasses() {
			if p := float64(set.Labels.Float32s()[i*set.NumClasses()+j]); p > 0 {
				sum -= set.Counts[i] * p * math.Log(p)
			}
		}
		all += set.Counts[i]
	}
	return sum / all
}

func TestHousingReachesTheEntropyBound(t *testing.T) {
	set, err := dataset.Housing()
	require.NoError(t, err)
	_, h, err := Fit(context.Background(), Config{Hidden: []int{64}, Epochs: 600, BatchSize: 24, LearnRate: 1e-2},
		set, set, nil)
	require.NoError(t, err)
	bound, last := entropyBound(set), h[len(h)-1]
	require.Less(t, last.Loss, bound+0.001)
	require.GreaterOrEqual(t, last.Loss, bound-1e-5)
	require.Greater(t, h[0].Loss, bound+0.05)
}

// On soft labels made from counts, the count-weighted soft cross entropy is the sum of the hard
// cross entropies of all single answers, value and gradient.
func TestHousingSoftLabelsAreTheSingleAnswers(t *testing.T) {
	set, err := dataset.Housing()
	require.NoError(t, err)
	n, k := set.Len(), set.NumClasses()
	answers := make([]float64, n*k)
	for i, share := range set.Labels.Float32s() {
		answers[i] = math.Round(float64(share) * set.Counts[i/k])
	}
	soft, people := make([]float64, n*k), make([]float64, n)
	logits := make([]float64, n*k)
	var row []int // of every answer
	var class []int
	for i := range n {
		for j := range k {
			people[i] += answers[i*k+j]
			logits[i*k+j] = 3 * math.Sin(float64(7*i+3*j))
		}
		for j := range k {
			soft[i*k+j] = answers[i*k+j] / people[i]
			for range int(answers[i*k+j]) {
				row, class = append(row, i), append(class, j)
			}
		}
	}
	require.Len(t, row, 1681)
	c := losses.Criterion{Reduction: losses.Sum}
	loss, grad := table([]float64{0}), table(make([]float64, n*k), n, k)
	require.NoError(t, loss.Reshape())
	require.NoError(t, c.EvalInto(losses.Outputs{Loss: loss, Grad: grad},
		losses.Inputs{Logits: table(logits, n, k), Target: table(soft, n, k), SampleWeights: table(people, n)}))

	single := make([]float64, 0, len(row)*k)
	hard := make([]float64, len(row)*k)
	for a, i := range row {
		single = append(single, logits[i*k:(i+1)*k]...)
		hard[a*k+class[a]] = 1
	}
	want, each, err := c.EvalGrad(table(single, len(row), k), table(hard, len(row), k))
	require.NoError(t, err)
	require.True(t, numtest.Close(loss.Float64s()[0], want.Float64s()[0], 1e-12, 0))
	sum := make([]float64, n*k)
	for a, i := range row {
		for j := range k {
			sum[i*k+j] += each.Float64s()[a*k+j]
		}
	}
	for i := range sum {
		require.True(t, numtest.Close(grad.Float64s()[i], sum[i], 1e-12, 1e-11), "element %d: %v, want %v", i,
			grad.Float64s()[i], sum[i])
	}
}
