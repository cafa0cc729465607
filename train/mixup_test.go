package train

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses"
	"softloss/train/dataset"
)

// fittingOf returns a run before its first epoch that trains m.
func fittingOf(t *testing.T, cfg Config, set *dataset.Dataset, m *Model) *fitting {
	t.Helper()
	f, err := newFitting(context.Background(), cfg, set, nil, nil)
	require.NoError(t, err)
	if m != nil {
		require.Equal(t, weightsOf(f.model), weightsOf(m))
		f.nets[0], err = newNetwork(m, cfg.Criterion, f.cfg.BatchSize, purpose{train: true, distil: f.distil})
		require.NoError(t, err)
		f.model, f.adam = m, newAdam(m, f.cfg)
	}
	return f
}

// Features, labels and weights of a mixed batch are those of a loop in float64; the padding stays
// empty.
func TestMixedBatch(t *testing.T) {
	set := randomSet(12, 4, 3, 1)
	set.Counts = []float64{1, 5, 2, 2, 1, 1, 3, 1, 7, 1, 1, 2}
	f := fittingOf(t, Config{Hidden: []int{2}, BatchSize: 8, Mixup: 0.4, Seed: 5}, set, nil)
	rows := []int{3, 1, 11, 0, 8, 6}
	require.NoError(t, f.load(f.nets[0], f.portion(Progress{Epoch: 2, Batch: 7}, rows)))
	lambda, order := mixture(0.4, 5, 2, 7, 6)
	require.True(t, lambda > 0.001 && lambda < 0.999)
	require.NotEqual(t, []int{0, 1, 2, 3, 4, 5}, order)
	x, y := set.Features.Float32s(), set.Labels.Float32s()
	var wx, wt, ws []float64
	for i, a := range rows {
		b := rows[order[i]]
		p, q := lambda*float64(f.weights[a]), (1-lambda)*float64(f.weights[b])
		for j := range 4 {
			wx = append(wx, lambda*float64(x[4*a+j])+(1-lambda)*float64(x[4*b+j]))
		}
		for j := range 3 {
			wt = append(wt, (p*float64(y[3*a+j])+q*float64(y[3*b+j]))/(p+q))
		}
		ws = append(ws, p+q)
	}
	requireClose(t, append(wx, make([]float64, 8)...), f.nets[0].features.Float32s(), 1e-5, 1e-6, "features")
	requireClose(t, append(wt, make([]float64, 6)...), f.nets[0].labels.Float32s(), 1e-6, 1e-7, "labels")
	requireClose(t, append(ws, 0, 0), f.nets[0].weights.Float32s(), 1e-6, 0, "weights")
}

// For cross entropy the loss of a mixed batch is the mixture of the losses against either row's
// labels.
func TestMixupMixesTheLosses(t *testing.T) {
	set := randomSet(6, 4, 3, 1)
	set.Counts = []float64{1, 5, 2, 2, 1, 1}
	c := losses.Criterion{Reduction: losses.Sum}
	f := fittingOf(t, Config{Hidden: []int{5}, Mixup: 1, Criterion: c}, set, nil)
	rows := []int{3, 1, 4, 0, 5, 2}
	require.NoError(t, f.load(f.nets[0], f.portion(Progress{Epoch: 1, Batch: 1}, rows)))
	got, err := f.nets[0].run()
	require.NoError(t, err)
	lambda, order := mixture(1, 0, 1, 1, 6)
	var want float64
	for i, a := range rows {
		b := rows[order[i]]
		for side, row := range []int{a, b} {
			z := table(widen(f.nets[0].logits()[3*i:3*i+3]), 1, 3)
			l, err := c.Eval(z, table(widen(set.Labels.Float32s()[3*row:3*row+3]), 1, 3))
			require.NoError(t, err)
			want += math.Abs(float64(side)-lambda) * float64(f.weights[row]) * l.Float64s()[0]
		}
	}
	// λ counts the batch's own row (side 0), 1-λ the other.
	require.True(t, numtest.Close(got, want, 1e-5, 0), "%v, want %v", got, want)
}

// The mixture is a function of seed, epoch and batch, and differs between them; λ is of Beta(α, α).
func TestMixture(t *testing.T) {
	lambda, order := mixture(0.3, 1, 2, 3, 9)
	again, sameOrder := mixture(0.3, 1, 2, 3, 9)
	require.Equal(t, lambda, again)
	require.Equal(t, order, sameOrder)
	sorted := slices.Sorted(slices.Values(order))
	require.Equal(t, allRows(9), sorted)
	for _, other := range [][3]int{{2, 2, 3}, {1, 3, 3}, {1, 2, 4}, {1, 3, 2}, {2, 1, 3}} {
		l, o := mixture(0.3, uint64(other[0]), other[1], other[2], 9)
		require.NotEqual(t, lambda, l)
		require.NotEqual(t, order, o)
	}
	for _, alpha := range []float64{1e-3, 0.1, 0.4, 1, 3, 1000} {
		r := rand.New(rand.NewPCG(1, 2))
		const n = 20000
		var sum, square float64
		for range n {
			x := betaNumber(r, alpha)
			require.True(t, x >= 0 && x <= 1, "%v", x)
			sum += x - 0.5
			square += (x - 0.5) * (x - 0.5)
		}
		variance := 1 / (4 * (2*alpha + 1))
		require.InDelta(t, 0, sum/n, 5*math.Sqrt(variance/n))
		require.InEpsilon(t, variance, square/n, 0.06, "alpha %v", alpha)
	}
}

// Mixup learns, and Counts of one value change nothing.
func TestFitWithMixup(t *testing.T) {
	trainSet, testSet := digits(t)
	cfg := Config{Hidden: []int{64}, Epochs: 8, LearnRate: 5e-3, Mixup: 0.3}
	m, h, err := Fit(context.Background(), cfg, trainSet, testSet, nil)
	require.NoError(t, err)
	require.Greater(t, h[7].Valid.Accuracy, 0.93)
	require.Less(t, h[7].Accuracy, 0.999) // of the mixed rows
	counted := *trainSet
	counted.Counts = make([]float64, trainSet.Len())
	for i := range counted.Counts {
		counted.Counts[i] = 3
	}
	same, _, err := Fit(context.Background(), cfg, &counted, testSet, nil)
	require.NoError(t, err)
	require.Equal(t, weightsOf(m), weightsOf(same))
	cfg.Seed++
	other, _, err := Fit(context.Background(), cfg, trainSet, nil, nil)
	require.NoError(t, err)
	require.NotEqual(t, weightsOf(m), weightsOf(other))
}
