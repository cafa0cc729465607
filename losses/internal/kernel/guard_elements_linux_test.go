package kernel

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestGuardSigmoid runs the kernels of yes-or-no elements at the edges of pages.
func TestGuardSigmoid(t *testing.T) { both(t, guardSigmoid[float32], guardSigmoid[float64]) }

func guardSigmoid[T Float](t *testing.T) {
	pages := newPages(t, 6, 4096)
	for n := 1; n <= 70; n++ {
		z, yes, no, scale := elements[T](n, "soft")
		for name, run := range sigmoids[T]() {
			for _, shares := range []bool{false, true} { // which with one factor for all may take a loop of their own
				no, scale := no, scale
				if shares {
					no, scale = nil, scale[:1]
				}
				want, wantGrad := make([]float64, n), make([]T, n)
				run(want, wantGrad, z, yes, no, scale)
				for _, behind := range []bool{true, false} {
					loss := numtest.Guard(pages[0], make([]float64, n), behind)
					grad := numtest.Guard(pages[1], make([]T, n), behind)
					other := no
					if !shares {
						other = numtest.Guard(pages[4], no, behind)
					}
					require.True(t, run(loss, grad, numtest.Guard(pages[2], z, behind), numtest.Guard(pages[3], yes, behind),
						other, numtest.Guard(pages[5], scale, behind)))
					require.True(t, sameBits(want, loss), "%s n=%d", name, n)
					require.True(t, sameBits(wantGrad, grad), "%s n=%d", name, n)
				}
			}
		}
		for _, behind := range []bool{true, false} {
			room := func(i int) []T { return numtest.Guard(pages[i], make([]T, n), behind) }
			w := numtest.Guard(pages[4], make([]float64, n), behind)
			require.True(t, SmoothElements(room(0), room(1), numtest.Guard(pages[2], yes, behind), w,
				ElementSmoothing{Keep: 0.5}))
		}
	}
}

// TestGuardPieces runs the pieces that gradients are put together from at the edges of pages.
func TestGuardPieces(t *testing.T) { both(t, guardPieces[float32], guardPieces[float64]) }

func guardPieces[T Float](t *testing.T) {
	pages := newPages(t, 5, 4096)
	for k := 1; k <= 70; k++ {
		b := newBlock[T](1, k, ordinary)
		run := func(p, t []T, h, inverse, gap []float64) (wide []float64, narrow []T) {
			plain, weighted := Moments(p, t, -1)
			wide = append(wide, plain, weighted, Expectation(p, t, -1))
			MinusLogs(p, t, 80)
			narrow = append(narrow, p...)
			for j := range inverse {
				inverse[j], gap[j] = 1/(1+float64(j)), 0.5*float64(j)
			}
			x := Tempered{Log: h, P: inverse, Pow: gap, Inverse: h}
			s0, s1, s2 := TemperedPowers(x, gap, 0.3, 100, 0.2)
			r0, r1, r2 := TemperedSums(t, 0.3, 100)
			TemperedShift(x, 0.3, 1e-6, 0.2)
			q0, q1, q2 := TemperedWhole(x, gap, 0.25, 100, 4)
			v, e, o := TemperedMoments(t, x)
			l, m, _ := TemperedLoss(p, t, x, 0.2)
			wide = append(append(append(append(wide, h...), inverse...), gap...), s0, s1, s2, r0, r1, r2, v, e, o, l, m)
			wide = append(wide, q0, q1, q2)
			l, m, _ = TemperedApart(t, x, 0.2)
			wide = append(wide, l, m)
			TemperedGrad(p, t, x, 0.1, 2)
			narrow = append(narrow, p...)
			Tilt(p, t, t, -1, 0.5, 0.25, 2)
			narrow = append(narrow, p...)
			Affine(p, t, 0.5, 0.25, 2)
			Factors(p, t, 0.5)
			Times(h, p)
			s, eights := SizesOf(p), Eights{}
			AddEights(&eights, h, MostTurns)
			AddSquares(h, gap, 0.5)
			wide = append(append(wide, eights.Lanes[:]...), s.Least, s.Most)
			Divergence[T](h, gap, gap, inverse, h, inverse)
			wide = append(append(wide, h...), gap...)
			Rests(h, gap)
			wide = append(wide, h...)
			sum, excess, rest := Ratios(h, gap, inverse, gap, inverse, k-1)
			ShiftRatios(h, gap, 1e-3)
			wide = append(append(append(wide, sum, excess, rest), h...), gap...)
			MeanRatios(inverse, h, gap, 0.5)
			TakeRatios(inverse, h, gap)
			wide = append(append(wide, h...), inverse...)
			zero := make([]float64, k)
			CloseRatios(make([]bool, 1), gap, inverse, t, t, zero, 0.5, k)
			CloseDivergence[T](h, gap, inverse, inverse, zero)
			RowSums(h[:1], inverse, k)
			for short := 1; short < min(16, k+1); short++ {
				rows := k / short
				RowSums(h[k-rows:], inverse[k-rows*short:], short)
				wide = append(wide, h...)
			}
			gap[k/2] = 1 // a sure class
			CentredRows(p, gap, h, zero[:1], zero[:1], k)
			wide = append(append(wide, h...), inverse...)
			return wide, append(narrow, p...)
		}
		room := func() []float64 { return make([]float64, k) }
		want, wantNarrow := run(slices.Clone(b.t), b.t, room(), room(), room())
		for _, behind := range []bool{true, false} {
			got, gotNarrow := run(numtest.Guard(pages[0], b.t, behind), numtest.Guard(pages[1], b.t, behind),
				numtest.Guard(pages[2], room(), behind), numtest.Guard(pages[3], room(), behind),
				numtest.Guard(pages[4], room(), behind))
			require.True(t, sameBits(want, got), "k=%d", k)
			require.True(t, sameBits(wantNarrow, gotNarrow), "k=%d", k)
		}
	}
}
