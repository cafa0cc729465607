package kernel

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestSoftmaxRows: the softmax of rows, with labels and with classes, is that of exact arithmetic
// to four ulp, or nothing is said of the row.
func TestSoftmaxRows(t *testing.T) { both(t, softmaxRows[float32], softmaxRows[float64]) }

func softmaxRows[T Float](t *testing.T) {
	for _, k := range []int{41, 65, 79, 80, 81, 97, 100, 127, 128, 129, 200, 255, 256, 257, 1000} {
		if !RowByRow[T](k) || testing.Short() && k > 130 {
			continue
		}
		for _, c := range classes {
			if !slices.Contains([]string{"ordinary", "one-hot", "saturated", "wrong", "equal", "two maxima"}, c.name) {
				continue
			}
			b := newBlock[T](19, k, c)
			s, e := make([]SoftmaxOf, b.n), make([]T, b.n*k)
			SoftmaxRows(s, e, b.z, b.t, nil, k)
			for i := range s {
				checkSoftmaxOf(t, s[i], e[i*k:(i+1)*k], b.z[i*k:(i+1)*k], b.t[i*k:(i+1)*k])
			}
			SoftmaxRows(s, e, b.z, nil, b.index, k)
			for i, y := range b.index {
				hot := make([]T, k)
				hot[y] = 1
				checkSoftmaxOf(t, s[i], e[i*k:(i+1)*k], b.z[i*k:(i+1)*k], hot)
			}
		}
	}
}

// TestSoftmaxRowsOfTies: where two logits are the largest, neither is above all others, whatever
// their exponential is rounded to.
func TestSoftmaxRowsOfTies(t *testing.T) {
	both(t, softmaxRowsOfTies[float32], softmaxRowsOfTies[float64])
}

func softmaxRowsOfTies[T Float](t *testing.T) {
	const n, k = 160, 100
	if !RowByRow[T](k) {
		return
	}
	b := newBlock[T](n, k, classes[0])
	for i := range n {
		row := b.z[i*k : (i+1)*k]
		row[i%k], row[(7*i+3)%k] = T(0.37*float64(i)+30), T(0.37*float64(i)+30)
	}
	s, e := make([]SoftmaxOf, n), make([]T, n*k)
	SoftmaxRows(s, e, b.z, b.t, nil, k)
	for i := range s {
		checkSoftmaxOf(t, s[i], e[i*k:(i+1)*k], b.z[i*k:(i+1)*k], b.t[i*k:(i+1)*k])
	}
}

// checkSoftmaxOf compares s and the exponentials e of the row z with labels t.
func checkSoftmaxOf[T Float](t *testing.T, s SoftmaxOf, e, z, labels []T) {
	t.Helper()
	w := newRowWant(z, labels, labels)
	if s.Coef == 0 {
		require.Greater(t, -slices.MinFunc(w.Gap, func(a, b numtest.DD) int { return int(math.Copysign(1, a.Hi-b.Hi)) }).Hi,
			86., "an ordinary row is declined")
		return
	}
	_, narrow := any(T(0)).(float32)
	near := func(what string, want numtest.DD, got, gap float64) {
		x := expected{v: want, floor: w.restFloor()}
		atMost(t, x.ulps(got, narrow), 4+gap, "k=%d %s: %v, want %v", len(z), what, got, want.Hi)
	}
	var others, own numtest.DD
	for j, v := range labels {
		gap := 0.0
		if !narrow { // z - M is rounded
			gap = w.gapTo(j) + float64(len(z))
		}
		if w.P[j].Hi > Tiny[T]() {
			near("p", w.P[j], s.Coef*float64(e[j]), gap)
		}
		if j == w.Max {
			own = numtest.Num(float64(v))
		} else {
			others = others.Add(numtest.Num(float64(v)))
		}
	}
	slack := 0.0
	if !narrow {
		slack = 16 + float64(len(z)) + w.gap
	}
	loss, _ := w.crossEntropy(labels, 1)
	near("loss", loss.v, s.Loss, slack)
	near("log", w.Log, s.Log, slack)
	require.Equal(t, w.Top.Hi, s.Max)
	if sure := w.Rest.Hi < 0.49; sure || s.Top >= 0 {
		require.Equal(t, w.Max, s.Top)
		near("rest", w.Rest, s.Rest, slack)
		near("others", others, s.Others, slack)
		near("own", own, s.Own, 0)
	}
	near("mass", others.Add(own), s.Others+s.Own, slack)
}

// TestSoftmaxRowsDecline: of a row without a softmax, or with an invalid label, nothing is said,
// and the rows beside it are as they are alone.
func TestSoftmaxRowsDecline(t *testing.T) {
	both(t, softmaxRowsDecline[float32], softmaxRowsDecline[float64])
}

func softmaxRowsDecline[T Float](t *testing.T) {
	for _, k := range []int{65, 100, 256, 300} {
		if !RowByRow[T](k) {
			continue
		}
		for _, where := range []int{0, 5, 16, 18} {
			b := newBlock[T](19, k, ordinary)
			want, wantE := make([]SoftmaxOf, b.n), make([]T, b.n*k)
			SoftmaxRows(want, wantE, b.z, b.t, nil, k)
			for name, wrong := range map[string]func(z, t []T){
				"NaN logit":      func(z, _ []T) { z[k/2] = T(math.NaN()) },
				"+Inf logit":     func(z, _ []T) { z[k-1] = T(math.Inf(1)) },
				"-Inf logit":     func(z, _ []T) { z[k/4] = T(math.Inf(-1)) },
				"NaN label":      func(_, t []T) { t[k-1] = T(math.NaN()) },
				"negative label": func(_, t []T) { t[0] = -1 },
				"+Inf label":     func(_, t []T) { t[k/3] = T(math.Inf(1)) },
			} {
				z, labels := slices.Clone(b.z), slices.Clone(b.t)
				wrong(z[where*k:(where+1)*k], labels[where*k:(where+1)*k])
				s, e := make([]SoftmaxOf, b.n), make([]T, b.n*k)
				SoftmaxRows(s, e, z, labels, nil, k)
				require.Zero(t, s[where].Coef, "%s k=%d", name, k)
				s[where] = want[where]
				copy(e[where*k:(where+1)*k], wantE[where*k:])
				require.Equal(t, want, s, "%s k=%d", name, k)
				require.True(t, sameBits(wantE, e), "%s k=%d", name, k)
			}
		}
	}
}
