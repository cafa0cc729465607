package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses"
)

// The edges of the bins belong to the bin below, and float32 probabilities count as what they are.
func TestECEBinEdges(t *testing.T) {
	// Two rows: one wrong with probability p, one right with q. In one bin their errors cancel.
	check := func(p, q float32, bins int, together bool) {
		t.Helper()
		probs := table([]float32{p, 1 - p, q, 1 - q}, 2, 2)
		got, err := ECE(probs, table([]float32{0, 1, 1, 0}, 2, 2), nil, bins)
		require.NoError(t, err)
		want := (float64(p) + (1 - float64(q))) / 2
		if together {
			want = math.Abs(float64(p)-(1-float64(q))) / 2
		}
		near(t, want, got)
	}
	below, above := func(x float32) float32 {
		return math.Nextafter32(x,
			0)
	}, func(x float32) float32 { return math.Nextafter32(x, 1) }
	check(0.75, 0.9, 4, false) // (.5, .75] and (.75, 1]
	check(above(0.75), 0.9, 4, true)
	check(0.75, below(0.75), 4, true)
	check(0.5, 0.9, 2, false)        // a tie of two classes goes to the lower one
	check(0.8, 0.9, 5, true)         // float32(0.8) = 0.8000000119 is above 4/5 …
	check(below(0.8), 0.9, 5, false) // … and its neighbour is not
	check(0.6, 0.65, 15, true)       // float32(0.6) = 0.6000000238 is above 9/15
	check(below(0.6), 0.65, 15, false)
	check(1, 0.95, 15, true) // 1 has no bin of its own
	one, err := ECE(table([]float32{1}, 1, 1), table([]float32{1}, 1, 1), nil, 15)
	require.NoError(t, err)
	require.Zero(t, one)
	zero, err := ECE(table([]float32{0, 0}, 1, 2), table([]float32{1, 0}, 1, 2), nil, 15)
	require.NoError(t, err)
	near(t, 1, zero)
}

// A float64 probability that is the edge of a bin belongs to the bin below, and its neighbour above
// to the next, for every number of bins.
func TestReliabilityEdgesOfDoubles(t *testing.T) {
	for bins := 1; bins <= 200; bins++ {
		var probs, labels []float64
		for b := bins / 2; b < bins; b++ { // the larger of two probabilities
			edge := float64(b+1) / float64(bins)
			probs = append(probs, edge, 0)
			labels = append(labels, 1, 0)
			if b+1 < bins {
				probs = append(probs, math.Nextafter(edge, 1), 0)
				labels = append(labels, 1, 0)
			}
		}
		n := len(probs) / 2
		got, err := Reliability(table(probs, n, 2), table(labels, n, 2), nil, bins)
		require.NoError(t, err)
		for b, bin := range got {
			want := 2
			if b < bins/2 {
				want = 0
			} else if b == bins/2 {
				want = 1
			}
			require.Equal(t, want, bin.Count, "bin (%v, %v] of %d", bin.Low, bin.High, bins)
		}
	}
}

// bruteECE goes through the bins and compares with their edges as fractions.
func bruteECE(p, l []float32, n, k, bins int, weights []float64) float64 {
	var total, all float64
	for b := range bins {
		var mass, right, conf float64
		for i := range n {
			top, class := 0, 0
			for j := range k {
				if p[i*k+j] > p[i*k+top] {
					top = j
				}
				if l[i*k+j] > l[i*k+class] {
					class = j
				}
			}
			c := float64(p[i*k+top]) * float64(bins)
			if c > float64(b) && c <= float64(b+1) {
				w := 1.0
				if weights != nil {
					w = weights[i]
				}
				mass += w
				conf += w * float64(p[i*k+top])
				if top == class {
					right += w
				}
			}
		}
		if mass > 0 {
			total += mass * math.Abs(right/mass-conf/mass)
			all += mass
		}
	}
	return total / all
}

func TestECEEqualsBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		n, k, bins := 1+r.IntN(60), 1+r.IntN(5), 1+r.IntN(20)
		p, l, w := make([]float32, n*k), make([]float32, n*k), make([]float64, n)
		for i := range n {
			w[i] = 1 + float64(r.IntN(5))
			rest := float32(1)
			for j := range k {
				p[i*k+j] = float32(r.IntN(int(rest*32)+1)) / 32 // ties, and edges of 1, 2, 4, 8 and 16 bins
				rest -= p[i*k+j]
				l[i*k+j] = float32(r.IntN(4))
			}
			p[i*k] += rest
		}
		got, err := ECE(table(p, n, k), table(l, n, k), nil, bins)
		require.NoError(t, err)
		near(t, bruteECE(p, l, n, k, bins, nil), got)
		got, err = ECE(table(p, n, k), table(l, n, k), w, bins)
		require.NoError(t, err)
		near(t, bruteECE(p, l, n, k, bins, w), got)
	}
}

// Likelihood by hand, from labels and from an index, and that of package losses.
func TestNLL(t *testing.T) {
	probs := table([]float64{.5, .25, .25, .1, .9, 0, 1, 0, 0}, 3, 3)
	index := table([]int{1, 1, 0}, 3)
	want := (-math.Log(.25) - math.Log(.9)) / 3
	got, err := NLL(probs, index, nil)
	require.NoError(t, err)
	near(t, want, got)
	got, err = NLL(probs, index, []float64{2, 1, 0})
	require.NoError(t, err)
	near(t, (-2*math.Log(.25)-math.Log(.9))/3, got)
	soft := table([]float64{.5, .5, 0, 0, 1, 0, .5, 0, .5}, 3, 3)
	got, err = NLL(probs, soft, nil)
	require.NoError(t, err)
	near(t, (-.5*math.Log(.5)-.5*math.Log(.25)-math.Log(.9)-.5*math.Log(0x1p-1022))/3, got)
	loss, err := losses.SoftLabelCrossEntropy(probs, soft, 0, losses.Mean)
	require.NoError(t, err)
	near(t, loss.Data().(float64), got)
}

func TestReliability(t *testing.T) {
	probs := table([]float64{.75, .25, .5, .5, 1, 0, .625, .375, .25, .75}, 5, 2)
	labels := table([]float64{1, 0, 0, 1, 1, 0, 0, 1, 0, 1}, 5, 2)
	bins, err := Reliability(probs, labels, nil, 4)
	require.NoError(t, err)
	require.Equal(t, []Bin{
		{Low: 0, High: .25},
		{Low: .25, High: .5, Count: 1, Weight: 1, Confidence: .5},
		{Low: .5, High: .75, Count: 3, Weight: 3, Confidence: (.75 + .625 + .75) / 3, Accuracy: 2.0 / 3},
		{Low: .75, High: 1, Count: 1, Weight: 1, Confidence: 1, Accuracy: 1},
	}, bins)
	for _, bad := range []int{0, -1, 1<<20 + 1} {
		_, err = Reliability(probs, labels, nil, bad)
		require.ErrorIs(t, err, losses.ErrParam)
	}
	_, err = Reliability(table([]float64{2, 0}, 1, 2), table([]float64{1, 0}, 1, 2), nil, 4)
	require.ErrorIs(t, err, losses.ErrProb)
}

// ECE is a function of the bins.
func TestReliabilityGivesECE(t *testing.T) {
	probs, labels := random(500, 3, 2)
	weights := make([]float64, 500)
	for i := range weights {
		weights[i] = float64(i % 4)
	}
	for _, n := range []int{1, 2, 10, 15, 1000} {
		bins, err := Reliability(probs, labels, weights, n)
		require.NoError(t, err)
		require.Len(t, bins, n)
		sum, rows := 0.0, 0
		for _, b := range bins {
			sum += b.Weight / 750 * math.Abs(b.Accuracy-b.Confidence)
			rows += b.Count
		}
		require.Equal(t, 500, rows)
		want, err := ECE(probs, labels, weights, n)
		require.NoError(t, err)
		require.True(t, numtest.Close(sum, want, 1e-12, 1e-15), "%v, want %v", sum, want)
	}
}
