package oracle

import (
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses"
)

// TestLosses holds the losses to the exact results of 20 000 random rows, 2 000 with -short.
func TestLosses(t *testing.T) {
	cases := 6000
	if testing.Short() {
		cases = 600
	}
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for i := range workers {
		wg.Go(func() {
			for seed := i; seed < cases && !t.Failed(); seed += workers {
				c := Random(uint64(seed))
				loss, grads, err := Compare(c)
				if err != nil {
					t.Errorf("seed %d: %v", seed, err)
				}
				for _, e := range append(loss, grads...) {
					if !(e.Terms <= c.Limit()) {
						t.Errorf("go run ./internal/cmd/oracle -seed %d: %s: got %v, want %v, %.4g ulp",
							seed, e.What, e.Got, e.Want, e.Terms)
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestEqualTerms: a loss of many equal terms behind a large one, each of which is rounded alike.
func TestEqualTerms(t *testing.T) {
	const k = 300
	b := Batch{N: 1, K: k, Logits: make([]float64, k), Labels: make([]float64, k)}
	for i := range b.Labels {
		b.Labels[i] = 0.3 / k
	}
	b.Labels[0] += 0.7
	for _, l := range []losses.Loss{losses.MAE{}, losses.NCE{}} {
		c := Case{Criterion: losses.Criterion{Loss: l}, Batch: b}
		loss, _, err := Compare(c)
		require.NoError(t, err)
		for _, x := range loss[:1] { // with all gradients, as Row computes it
			require.LessOrEqual(t, x.Terms, 8.0, "%T: got %v, want %v", l, x.Got, x.Want)
		}
	}
}

// TestEqualParts: a mean by the weights of many questions, a cross entropy of many probabilities,
// sums of labels by class weights and without, and the mean of many losses, all the same.
func TestEqualParts(t *testing.T) {
	const k = 2000
	equal := slices.Repeat([]float64{1. / k}, k)
	for _, c := range []Case{
		{Criterion: losses.Criterion{Link: losses.SigmoidLink, Reduction: losses.WeightedMean, ClassWeights: []float64{2.3}},
			Batch: Batch{N: 1, K: k, Logits: make([]float64, k), Index: []int{7}}},
		{Criterion: losses.Criterion{FromProbs: true}, Batch: Batch{N: 1, K: k, Logits: equal, Labels: equal}},
		{Criterion: losses.Criterion{Loss: losses.ReverseCrossEntropy{A: -4}, ClassWeights: slices.Repeat([]float64{2.3}, k)},
			Batch: Batch{N: 1, K: k, Logits: make([]float64, k), Labels: equal}},
		{Criterion: losses.Criterion{Reduction: losses.WeightedMean},
			Batch: Batch{N: 1, K: k, Logits: make([]float64, k), Labels: equal}},
		{Batch: Batch{N: 1, K: 3, Logits: []float64{.3, .1, .2}, Index: []int{1}}, Times: 30000},
	} {
		loss, grads, err := Compare(c)
		require.NoError(t, err)
		for _, e := range append(loss, grads...) {
			require.LessOrEqual(t, e.Terms, 16.0, "%v", e)
		}
	}
}

// TestEqualClasses: the losses of many classes of which all are as likely, and of any labels.
func TestEqualClasses(t *testing.T) {
	const k = 1400
	r := rand.New(rand.NewPCG(k, 3))
	equal, drawn := slices.Repeat([]float64{1. / k}, k), make([]float64, k)
	for j := range drawn {
		drawn[j] = 2 * r.Float64() / k
	}
	for _, l := range []losses.Loss{losses.CrossEntropy{}, losses.GCE{Q: .7}, losses.Focal{Gamma: 2}, losses.NCE{},
		losses.ReverseCrossEntropy{A: -4}, losses.ConfidencePenalty{Beta: .1}, losses.KL{}} {
		for _, labels := range [][]float64{equal, drawn} {
			c := losses.Criterion{Loss: l, Smoothing: losses.Smoothing{Rule: losses.SmoothPrior, Alpha: .1}}
			loss, grads, err := Compare(Case{Criterion: c, Batch: Batch{N: 1, K: k, Logits: make([]float64, k), Labels: labels}})
			require.NoError(t, err)
			e := Largest(append(loss, grads...))
			require.LessOrEqual(t, e.Terms, 12.0, "%T: %v", l, e)
		}
	}
}

// TestSparseOfManyClasses: sparse maps of nearly equal classes, of which each has as much as it
// should, the largest too, and losses of many equal terms beside a large one.
func TestSparseOfManyClasses(t *testing.T) {
	for _, l := range []losses.Loss{losses.Sparsemax{}, losses.Entmax15{}} {
		for _, k := range []int{20, 90, 700} {
			for _, width := range []float64{0, 1e-6, .01, .3} {
				r := rand.New(rand.NewPCG(uint64(k), 3))
				b := Batch{N: 1, K: k, Logits: make([]float64, k), Labels: slices.Repeat([]float64{1 / float64(k)}, k)}
				for j := range b.Logits {
					b.Logits[j] = width * r.NormFloat64()
				}
				if width == 0 {
					b.Logits[k/2] = .3 / float64(k)
				}
				index := b
				index.Labels, index.Index = nil, []int{k / 3}
				for _, b := range []Batch{b, index} {
					loss, grads, err := Compare(Case{Criterion: losses.Criterion{Loss: l}, Batch: b})
					require.NoError(t, err)
					e := Largest(append(loss, grads...))
					require.LessOrEqual(t, e.Terms, 6.0, "%T K=%d width %v: %v", l, k, width, e)
				}
			}
		}
	}
}

// TestSees shows that another loss, a millionth apart, is seen.
func TestSees(t *testing.T) {
	for _, pair := range [][2]losses.Criterion{
		{{Loss: losses.GCE{Q: .7}}, {Loss: losses.GCE{Q: .7000007}}},
		{{Loss: losses.Focal{Gamma: 2}}, {Loss: losses.Focal{Gamma: 2.000002}}},
		{{Loss: losses.MAE{}}, {Loss: losses.GCE{Q: 1}}},
		{{Loss: losses.Sparsemax{}}, {Loss: losses.Sparsemax{}, Temperature: 1.000001}},
		{{Loss: losses.Entmax15{}}, {Loss: losses.Entmax15{}, Temperature: 1.000001}},
		{{}, {Smoothing: losses.Smoothing{Alpha: 1e-6}}},
		{{}, {ZLoss: 1e-6}},
		{{}, {Temperature: 1.000001}},
		{{ClassWeights: []float64{1, 2, 3}}, {ClassWeights: []float64{1, 2, 3.000003}}},
		{{Reduction: losses.Sum}, {Reduction: losses.Mean}},
		{{Loss: losses.BiTempered{T1: .5, T2: 1.25}}, {Loss: losses.BiTempered{T1: .5, T2: 1.250001}}},
	} {
		b := Batch{N: 2, K: 3, Logits: []float64{1, -.5, .25, 0, 2, 1}, Labels: []float64{.5, .25, .25, 0, .25, .75}}
		want, err := Evaluate(pair[0], b, true)
		require.NoError(t, err)
		got, err := Evaluate(pair[1], b, true)
		require.NoError(t, err)
		for i, w := range want.Loss {
			a, _ := w.Exact.Float64()
			b, _ := got.Loss[i].Exact.Float64()
			require.Greater(t, math.Abs(a-b), 1e-8, "%+v and %+v", pair[0], pair[1])
		}
	}
}

// TestGradients holds what the tape makes of the slopes to differences of the values.
func TestGradients(t *testing.T) {
	for seed := range uint64(200) {
		c := Random(seed)
		b := c.Batch
		c.Criterion.Reduction = losses.Sum
		b.Upstream = nil
		want, err := Evaluate(c.Criterion, b, true)
		require.NoError(t, err)
		for i := 0; i < len(b.Logits); i += max(3, len(b.Logits)/45) {
			const h = 0x1p-60
			if math.IsInf(b.Logits[i], -1) || math.Abs(b.Logits[i]) > 0x1p-8 { // beyond, adding h would round
				continue
			}
			moved := b
			moved.Logits = append([]float64(nil), b.Logits...)
			moved.Logits[i] += h
			up, err := Evaluate(c.Criterion, moved, true)
			require.NoError(t, err)
			step := new(big.Float).SetFloat64(moved.Logits[i])
			step.Sub(step, new(big.Float).SetFloat64(b.Logits[i]))
			diff := new(big.Float).Sub(up.Loss[0].Exact, want.Loss[0].Exact)
			got, _ := diff.Quo(diff, step).Float64()
			slope, _ := want.Grad[i].Exact.Float64()
			if c.Criterion.FromProbs { // 1/p is steep
				continue
			}
			require.True(t, numtest.Close(got, slope, 1e-6, 1e-12),
				"seed %d: slope %v, difference %v", seed, slope, got)
		}
	}
}

// TestFormulas shows that there is a formula for every loss that text can name, and that random
// cases have it.
func TestFormulas(t *testing.T) {
	made := map[string]bool{}
	for seed := range uint64(1000) {
		made[KeyOf(Random(seed)).Loss] = true
	}
	for _, text := range losses.LossNames() {
		name, _, _ := strings.Cut(text, ":")
		require.True(t, made[name], name)
	}
	require.True(t, made["sum"])
	_, err := Evaluate(losses.Criterion{Loss: unknown{}}, Batch{N: 1, K: 1, Logits: []float64{0}, Index: []int{0}}, true)
	require.ErrorContains(t, err, "no formula")
}

// unknown is a loss that the oracle has no formula for.
type unknown struct{}

func (unknown) Row(losses.Row) float64 { return 0 }

func TestBig(t *testing.T) {
	for _, x := range []float64{0, 1, -1, 1e-30, -1e-30, 0.5, 710, -745, -2000, 0x1p-900} {
		at := new(big.Float).SetPrec(300).SetFloat64(x)
		e := bigExp(at)
		back := bigLog(e)
		off, _ := new(big.Float).Sub(back, at).Float64()
		require.Less(t, math.Abs(off), 0x1p-280, "log exp %v", x)
		f, _ := e.Float64()
		require.True(t, numtest.Close(f, math.Exp(x), 1e-15, 0), "exp %v: %v", x, f)
	}
	// e to 60 digits.
	const e = "2.71828182845904523536028747135266249775724709369995957496697"
	want, _, err := big.ParseFloat(e, 10, 190, big.ToNearestEven)
	require.NoError(t, err)
	off, _ := new(big.Float).Sub(bigExp(new(big.Float).SetPrec(190).SetInt64(1)), want).Float64()
	require.Less(t, math.Abs(off), 1e-56)
}
