package kernel

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestInvalidLabels puts a label that is none at every position of short rows and some of long
// ones: the kernel returns the first row that has one, whether the largest logit is there or
// elsewhere, and forgives none of its kinds.
func TestInvalidLabels(t *testing.T) { both(t, invalidLabels[float32], invalidLabels[float64]) }

func invalidLabels[T Float](t *testing.T) {
	tiny := T(Tiny[T]())
	values := []T{-1, -tiny, -tiny / 4, T(math.NaN()), T(math.Copysign(math.NaN(), -1)), T(math.Inf(1)),
		T(math.Inf(-1))}
	for _, k := range append(upTo(40), 64, 65, 127, 1000, 2047, 2048, 2049, 4097) {
		at := upTo(k)
		if k > 40 {
			at = []int{1, 2, k/2 + 1, k - 1, k}
		}
		n := 4
		if k <= 32 && k%4 == 0 {
			n = 35
		}
		b := newBlock[T](n, k, ordinary)
		for _, p := range at {
			pos, value := p-1, values[(p+k)%len(values)]
			if k <= 12 || k == 33 || k == 40 {
				for _, value := range values {
					expectBad(t, b, n-2, pos, value)
				}
				continue
			}
			expectBad(t, b, n-2, pos, value)
			expectBad(t, b, 1, pos, values[(p+k+3)%len(values)])
		}
	}
}

// upTo returns 1 to n.
func upTo(n int) (ks []int) {
	for k := 1; k <= n; k++ {
		ks = append(ks, k)
	}
	return ks
}

// expectBad makes a label of row i of b and one of the last row value for a while.
func expectBad[T Float](t *testing.T, b *block[T], i, pos int, value T) {
	t.Helper()
	at, last, top := &b.t[i*b.k+pos], &b.t[(b.n-1)*b.k], &b.z[i*b.k+(pos+b.n)%b.k]
	was, wasLast, wasTop := *at, *last, *top
	defer func() { *last = wasLast; *at = was; *top = wasTop }()
	*last, *at, *top = -1, value, 20
	for _, f := range kernels[T]() {
		if !f.labels {
			continue
		}
		if o := f.results(b); o.bad != i {
			require.Equal(t, i, o.bad, "%s n=%d k=%d: %v at %d", f.name, b.n, b.k, value, pos)
		}
	}
	// In place, where the labels are overwritten as they are read.
	d := append([]T(nil), b.t...)
	if bad := Smooth(d, d, 0.9, 0, 0.1, 0, b.k); bad != i {
		require.Equal(t, i, bad, "Smooth in place n=%d k=%d: %v at %d", b.n, b.k, value, pos)
	}
}

// TestSmoothInPlace gives the bits of Smooth elsewhere.
func TestSmoothInPlace(t *testing.T) { both(t, smoothInPlace[float32], smoothInPlace[float64]) }

func smoothInPlace[T Float](t *testing.T) {
	for _, k := range lengths() {
		for i, c := range classes {
			if i%3 != k%3 {
				continue
			}
			b := newBlock[T](3+k%16, k, c)
			for rule, a := range smoothings(k) {
				want, got := make([]T, len(b.t)), append([]T(nil), b.t...)
				require.Equal(t, Smooth(want, b.t, a[0], a[1], a[2], a[3], k),
					Smooth(got, got, a[0], a[1], a[2], a[3], k))
				require.True(t, sameBits(got, want), "%s k=%d %s", rule, k, c.name)
			}
		}
	}
}

// TestLabelsThatOverflow are valid: their sum is too large for the element type, they are not. For
// float32 the specification takes the sum in float64; the sum of float64 overflows there too, and
// what comes out means nothing.
func TestLabelsThatOverflow(t *testing.T) { both(t, overflow[float32], overflow[float64]) }

func overflow[T Float](t *testing.T) {
	_, narrow := any(T(0)).(float32)
	limit := math.MaxFloat64
	if narrow {
		limit = math.MaxFloat32
	}
	largest := T(limit)
	for _, k := range append(upTo(66), 127, 1000, 2049, 4100) {
		b := newBlock[T](5, k, ordinary)
		for j := range k { // the rows beside are as ever
			b.t[1*k+j], b.t[3*k+j] = largest/2, 0
		}
		// One large label at the maximum: the factor of the exponentials is near the limit.
		b.t[3*k], b.z[3*k] = largest, 12
		b.scale = []T{0x1p-20}
		for _, f := range kernels[T]() {
			require.Equal(t, -1, f.results(b).bad, "%s k=%d", f.name, k)
		}
		if narrow {
			agreeOn(t, b)
		}
	}
}

// TestInvalidLabelOfMaximum puts a label that is none at the largest logit, which long rows compute
// apart, sure of it or not.
func TestInvalidLabelOfMaximum(t *testing.T) {
	both(t, invalidAtMaximum[float32], invalidAtMaximum[float64])
}

func invalidAtMaximum[T Float](t *testing.T) {
	for _, k := range []int{1, 2, 9, 40, 41, 64, 65, 127, 1000, 2049} {
		b := newBlock[T](3, k, ordinary)
		for _, pos := range specialPositions(max(k, 2)) {
			at, top := &b.t[k+pos%k], &b.z[k+pos%k]
			label, logit := *at, *top
			for _, *top = range []T{20, logit} {
				for _, *at = range []T{-1, -1e-30, T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1))} {
					for _, f := range kernels[T]() {
						if f.labels {
							require.Equal(t, 1, f.results(b).bad, "%s k=%d: label %v of logit %v at %d", f.name, k,
								*at, *top, pos)
						}
					}
				}
			}
			*at, *top = label, logit
		}
	}
}

// TestRowSums sums rows of every length: no row counts in another, each has the bits that it has
// alone, and nothing is written behind.
func TestRowSums(t *testing.T) { both(t, rowSums[float32], rowSums[float64]) }

func rowSums[T Float](t *testing.T) {
	for _, k := range append(upTo(70), 1000) {
		for _, n := range []int{1, 2, 5, 8, 19} {
			b := newBlock[T](n, k, ordinary)
			want, got := make([]float64, n), append(make([]float64, n), 7)
			for i := range b.t {
				want[i/k] += float64(b.t[i])
			}
			RowSums(got[:n], b.t, k)
			require.InEpsilonSlice(t, want, got[:n], 1e-14, "n=%d k=%d", n, k)
			require.Equal(t, 7.0, got[n], "n=%d k=%d", n, k)
			for i := range want {
				RowSums(want[i:i+1], b.t[i*k:(i+1)*k], k)
			}
			require.Equal(t, want, got[:n], "n=%d k=%d", n, k)
			b.t[0] = T(math.NaN())
			RowSums(want, b.t, k)
			require.True(t, math.IsNaN(want[0]) && sameBits(want[1:], got[1:n]), "n=%d k=%d", n, k)
		}
	}
}

// TestWeightedRowSums gives the weighted sums of [WeightedSum], bit for bit, for rows of every
// length.
func TestWeightedRowSums(t *testing.T) { both(t, weightedRowSums[float32], weightedRowSums[float64]) }

func weightedRowSums[T Float](t *testing.T) {
	for _, k := range append(upTo(70), 1000) {
		for _, n := range []int{1, 2, 5} {
			b := newBlock[T](n, k, ordinary)
			w := make([]float64, k)
			for j := range w {
				w[j] = 1 / float64(3+j)
			}
			got := append(make([]float64, n), 7)
			WeightedRowSums(got[:n], b.t, w)
			for i := range n {
				_, want, _ := WeightedSum(b.t[i*k:(i+1)*k], w)
				require.Equal(t, want, got[i], "n=%d k=%d", n, k)
			}
			require.Equal(t, 7.0, got[n], "n=%d k=%d", n, k)
		}
	}
}

// TestSumsOfEqualTerms: of long rows of equal numbers, each of which a sum would round alike.
func TestSumsOfEqualTerms(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for k := 100; k < 20000; k = k*3 + 1 {
			for _, v := range []float64{.1, 1. / 3, 1 / float64(k)} {
				x, w, sum := slices.Repeat([]float64{v}, k), slices.Repeat([]float64{2.3}, k), []float64{0}
				RowSums(sum, x, k)
				plain, weighted, bad := WeightedSum(x, w)
				require.Equal(t, -1, bad)
				want := float64(k) * v
				for _, got := range []float64{Sum(x), sum[0], plain, weighted / 2.3} {
					require.InEpsilon(t, want, got, 12*0x1p-52, "%d times %v", k, v)
				}
				x[k*2/3] = -1
				_, _, bad = WeightedSum(x, w)
				require.Equal(t, k*2/3, bad)
			}
		}
	})
}
