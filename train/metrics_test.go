package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
)

func near(t *testing.T, want, got float64) {
	t.Helper()
	require.True(t, numtest.Close(got, want, 1e-12, 1e-15), "got %v, want %v", got, want)
}

func TestMetricsByHand(t *testing.T) {
	probs := dense([]float64{
		.7, .2, .1, // class 0, right
		.3, .4, .3, // class 1, wrong: 2
		.4, .4, .2, // a tie goes to 0, right
		.1, .1, .8, // class 2, wrong: 1
	}, 4, 3)
	labels := dense([]float64{1, 0, 0, 0, 0, 1, .5, .5, 0, .1, .6, .3}, 4, 3)
	acc, err := Accuracy(probs, labels)
	require.NoError(t, err)
	near(t, 0.5, acc)
	for k, want := range map[int]float64{1: .5, 2: .5, 3: 1} { // rows 1 and 3 lose their tie with class 0
		top, err := TopAccuracy(probs, labels, k)
		require.NoError(t, err)
		near(t, want, top)
	}
	// One bin: |1/2 - mean(.7 .4 .4 .8)|. Two bins: (0,.5] has .4 wrong and .4 right, (.5,1] .7 right and .8 wrong.
	one, err := ECE(probs, labels, 1)
	require.NoError(t, err)
	near(t, 0.075, one)
	two, err := ECE(probs, labels, 2)
	require.NoError(t, err)
	near(t, 0.5*math.Abs(.5-.4)+0.5*math.Abs(.5-.75), two)
	brier, err := Brier(probs, labels)
	require.NoError(t, err)
	near(t, (.09+.04+.01+.09+.16+.49+.01+.01+.04+0+.25+.25)/4, brier)
	table, err := Confusion(probs, labels)
	require.NoError(t, err)
	require.Equal(t, [][]int{{2, 0, 0}, {0, 0, 1}, {0, 1, 0}}, table)
}

// The edges of the bins belong to the bin below, and float32 probabilities count as what they are.
func TestECEBinEdges(t *testing.T) {
	// Two rows: one wrong with probability p, one right with q. In one bin their errors cancel.
	check := func(p, q float32, bins int, together bool) {
		t.Helper()
		probs := dense([]float32{p, 1 - p, q, 1 - q}, 2, 2)
		got, err := ECE(probs, dense([]float32{0, 1, 1, 0}, 2, 2), bins)
		require.NoError(t, err)
		want := (float64(p) + (1 - float64(q))) / 2
		if together {
			want = math.Abs(float64(p)-(1-float64(q))) / 2
		}
		near(t, want, got)
	}
	below, above := func(x float32) float32 { return math.Nextafter32(x, 0) }, func(x float32) float32 { return math.Nextafter32(x, 1) }
	check(0.75, 0.9, 4, false) // (.5, .75] and (.75, 1]
	check(above(0.75), 0.9, 4, true)
	check(0.75, below(0.75), 4, true)
	check(0.5, 0.9, 2, false)        // a tie of two classes goes to the lower one
	check(0.8, 0.9, 5, true)         // float32(0.8) = 0.8000000119 is above 4/5 …
	check(below(0.8), 0.9, 5, false) // … and its neighbour is not
	check(0.6, 0.65, 15, true)       // float32(0.6) = 0.6000000238 is above 9/15
	check(below(0.6), 0.65, 15, false)
	check(1, 0.95, 15, true) // 1 has no bin of its own
	one, err := ECE(dense([]float32{1}, 1, 1), dense([]float32{1}, 1, 1), 15)
	require.NoError(t, err)
	require.Zero(t, one)
	zero, err := ECE(dense([]float32{0, 0}, 1, 2), dense([]float32{1, 0}, 1, 2), 15)
	require.NoError(t, err)
	near(t, 1, zero)
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
				w := weight(weights, i)
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
		got, err := ECE(dense(p, n, k), dense(l, n, k), bins)
		require.NoError(t, err)
		near(t, bruteECE(p, l, n, k, bins, nil), got)
		pt, lt, err := predictionTables(dense(p, n, k), dense(l, n, k), true)
		require.NoError(t, err)
		near(t, bruteECE(p, l, n, k, bins, w), calibration(pt, lt, bins, w))
	}
}

// Weights of 2 are the same as giving the row twice; views and float64 give the same numbers.
func TestMetricsWeightsAndViews(t *testing.T) {
	p := []float32{.5, .5, .9, .1, .2, .8}
	l := []float32{1, 0, 0, 1, 0, 1}
	pt, lt, err := predictionTables(dense(p, 3, 2), dense(l, 3, 2), true)
	require.NoError(t, err)
	p2, l2 := append(p, p[2:4]...), append(l, l[2:4]...)
	acc, err := Accuracy(dense(p2, 4, 2), dense(l2, 4, 2))
	require.NoError(t, err)
	near(t, acc, topAccuracy(pt, lt, 1, []float64{1, 2, 1}))
	ece, err := ECE(dense(p2, 4, 2), dense(l2, 4, 2), 15)
	require.NoError(t, err)
	near(t, ece, calibration(pt, lt, 15, []float64{1, 2, 1}))

	probs := dense([]float32{.5, .9, .2, .5, .1, .8}, 2, 3)
	require.NoError(t, probs.T())
	viewed, err := ECE(probs, dense(l, 3, 2), 15)
	require.NoError(t, err)
	plain, err := ECE(dense(p, 3, 2), dense(l, 3, 2), 15)
	require.NoError(t, err)
	near(t, plain, viewed)
	wide := dense([]float32{.5, .5, 9, .9, .1, 9, .2, .8, 9}, 3, 3)
	s, err := wide.Slice(nil, tensor.S(0, 2))
	require.NoError(t, err)
	viewed, err = ECE(s.(*tensor.Dense), dense(l, 3, 2), 15)
	require.NoError(t, err)
	near(t, plain, viewed)
}

func TestMetricsErrors(t *testing.T) {
	ok := dense([]float32{.5, .5}, 1, 2)
	nan := float32(math.NaN())
	for _, c := range []struct {
		probs, labels *tensor.Dense
		kind          error
		text          string
	}{
		{nil, ok, ErrEmpty, "train: probs: got a nil tensor, want one with 2 dimensions"},
		{ok, nil, ErrEmpty, "train: labels: got a nil tensor, want one with 2 dimensions"},
		{ok, dense([]float32{1, 0, 0}, 1, 3), ErrMismatch, "train: labels: got shape (1, 3), want (1, 2) as probs"},
		{dense([]float32{1, 0}, 2), ok, ErrMismatch, "train: probs: got shape (2), want 2 dimensions"},
		{tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]int{1, 2})), ok, ErrDtype, "train: probs: got dtype int, want float32 or float64"},
		{dense([]float32{nan, .5}, 1, 2), ok, ErrValue, "train: probs: row 0 column 0: got NaN, want a probability in [0, 1]"},
		{dense([]float32{.5, 1.5}, 1, 2), ok, ErrValue, "train: probs: row 0 column 1: got 1.5, want a probability in [0, 1]"},
		{ok, dense([]float32{0, -1}, 1, 2), ErrValue, "train: labels: row 0 column 1: got -1, want a finite number >= 0"},
		{ok, dense([]float32{nan, 1}, 1, 2), ErrValue, "train: labels: row 0 column 0: got NaN, want a finite number >= 0"},
	} {
		_, err := ECE(c.probs, c.labels, 15)
		require.ErrorIs(t, err, c.kind)
		require.EqualError(t, err, c.text)
		_, err = Brier(c.probs, c.labels)
		require.ErrorIs(t, err, c.kind)
	}
	_, err := ECE(ok, ok, 0)
	require.ErrorIs(t, err, ErrConfig)
	for _, k := range []int{0, 3} {
		_, err = TopAccuracy(ok, ok, k)
		require.ErrorIs(t, err, ErrConfig)
	}
	_, err = Accuracy(dense([]float32{nan, 0}, 1, 2), ok)
	require.ErrorIs(t, err, ErrValue)
	_, err = Confusion(dense([]float32{nan, 0}, 1, 2), ok)
	require.ErrorIs(t, err, ErrValue)
	acc, err := Accuracy(dense([]float32{float32(math.Inf(-1)), 100}, 1, 2), dense([]float32{0, 1}, 1, 2))
	require.NoError(t, err) // logits will do
	require.Equal(t, 1.0, acc)
}
