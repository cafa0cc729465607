package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKLDenormalLabels: the logarithm of a label is right where the label is denormal, alone or
// beside others. [math.Log] has it wrong on amd64 (go.dev/issue/56600).
func TestKLDenormalLabels(t *testing.T) { both(t, klDenormal[float32], klDenormal[float64]) }

func klDenormal[T Float](t *testing.T) {
	unit := math.SmallestNonzeroFloat64
	if Tiny[T]() > 0x1p-200 {
		unit = math.SmallestNonzeroFloat32
	}
	for _, k := range []int{2, 9, 40, 41, 64, 65, 100, 600} {
		for _, power := range []int{1, 10, 20, 30, 45, 51, 52, 53, 60, 80} { // from the smallest number on
			b := newBlock[T](2, k, ordinary)
			for j := range k {
				b.t[j] = T(math.Ldexp(unit*float64(1+j%3), power))
			}
			b.t[2*k-1] = T(math.Ldexp(unit, power)) // among ordinary ones
			o := newOutputs[T](b.n, k)
			require.Equal(t, -1, KL(o.loss, o.out, b.z, b.t, b.scale, o.wide, o.scratch, k))
			// The labels are c m with small m: Σ t (log t - l) = c Σ m (log c + log m - l), where
			// the sum is an ordinary number.
			w, sum, log := newRowWant(b.z[:k], b.t[:k],
				b.u[:k]), 0.0, math.Log(unit*0x1p100)+float64(power-100)*math.Ln2
			for j := range k {
				m := float64(1 + j%3)
				sum += m * (log + math.Log(m) - w.LogP(j).Hi)
			}
			want := math.Ldexp(unit*0x1p100*sum, power-100)
			require.InDelta(t, want, o.loss[0], 1e-12*math.Abs(want)+float64(k)*math.SmallestNonzeroFloat64,
				"k=%d 2^%d", k, power)
			second := b.rows(1, 2)
			among, _ := newRowWant(second.z, second.t, second.u).kl(second.t, 1)
			if elementSize[T]() == 4 && k > 100 { // float32 has digits enough for that
				require.LessOrEqual(t, among.ulps(o.loss[1], true), 4.0, "k=%d 2^%d among others", k, power)
				continue
			}
			require.InEpsilon(t, among.v.Hi, o.loss[1], 1e-12, "k=%d 2^%d among others", k, power)
		}
	}
}

// TestKLOfSure: a row that is sure of its only label costs as little as the others are probable,
// also where the logit is a round number, which the log-sum-exp of float64 then hardly differs
// from.
func TestKLOfSure(t *testing.T) { eachImplementation(t, klOfSure) }

func klOfSure(t *testing.T) {
	for _, k := range []int{40, 100, 256, 600} {
		for _, top := range []float32{20, 27.5, 28.25} {
			b := newBlock[float32](1, k, class{"sure", func(_ *rand.Rand, _, t []float64) { oneHot(t, 7) }})
			b.z[7] = top
			o := newOutputs[float32](1, k)
			require.Equal(t, -1, KL(o.loss, o.out, b.z, b.t, b.scale, o.wide, o.scratch, k))
			loss, _ := newRowWant(b.z, b.t, b.u).kl(b.t, 1)
			require.InEpsilon(t, loss.v.Hi, o.loss[0], 4*0x1p-24, "k=%d, %v", k, top)
		}
	}
}

// TestKLCancels: the divergence of labels near the prediction, where terms of both signs leave
// little, has the digits of float32, sure or not, of many labels or few.
func TestKLCancels(t *testing.T) { eachImplementation(t, klCancels) }

func klCancels(t *testing.T) {
	worst := 0.0
	for _, k := range []int{65, 100, 257, 600} {
		for _, top := range []float64{0, 4, 8, 12} {
			for _, off := range []float64{0.01, 0.1, 0.3, 0.6, 0.9} {
				for labels := 2; labels <= k; labels *= 3 {
					b := newBlock[float32](1, k, ordinary)
					b.z[k/2] = float32(top)
					w := newRowWant(b.z, b.t, b.u)
					for j := range k {
						x := (j + k/2) % k // the top is one of them
						b.t[x] = 0
						if j < labels {
							b.t[x] = float32(math.Exp(w.LogP(x).Hi) * (1 + off*float64(1-j%3)))
						}
					}
					o := newOutputs[float32](1, k)
					require.Equal(t, -1, KL(o.loss, o.out, b.z, b.t, b.scale, o.wide, o.scratch, k))
					want, _ := newRowWant(b.z, b.t, b.u).kl(b.t, 1)
					got := want.ulps(o.loss[0], true)
					worst = max(worst, got)
					require.LessOrEqual(t, got, 2.0, "k=%d top=%v off=%v labels=%d", k, top, off, labels)
				}
			}
		}
	}
	for i := range 400 { // small labels, one of them of a class as unlikely as the other is too likely
		b := newBlock[float32](1, 65, ordinary)
		clear(b.t)
		b.z[2], b.t[2], b.t[7] = -26.5+0.0061*float32(i), 5e-7, 6e-7-1e-10*float32(i)
		o := newOutputs[float32](1, 65)
		require.Equal(t, -1, KL(o.loss, o.out, b.z, b.t, b.scale, o.wide, o.scratch, 65))
		want, _ := newRowWant(b.z, b.t, b.u).kl(b.t, 1)
		got := want.ulps(o.loss[0], true)
		worst = max(worst, got)
		require.LessOrEqual(t, got, 2.0, "%d: %v", i, o.loss[0])
	}
	t.Logf("%.2f ulp", worst)
}

// TestKLBesideLogSumExp: a divergence that is small beside the log-sum-exp of its row does not have
// what float32 loses of that.
func TestKLBesideLogSumExp(t *testing.T) { eachImplementation(t, klBesideLogSumExp) }

func klBesideLogSumExp(t *testing.T) {
	worst := 0.0
	for k := 101; k <= 117; k++ {
		b := newBlock[float32](8, k, class{"almost equal", func(r *rand.Rand, z, t []float64) {
			for j := range z {
				z[j] *= 0.01
				t[j] = math.Exp(z[j]+r.NormFloat64()) / float64(len(z))
			}
		}})
		o := newOutputs[float32](8, k)
		require.Equal(t, -1, KL(o.loss, o.out, b.z, b.t, b.scale, o.wide, o.scratch, k))
		for i := range 8 {
			row := b.rows(i, i+1)
			want, _ := newRowWant(row.z, row.t, row.u).kl(row.t, 1)
			got := want.ulps(o.loss[i], true)
			worst = max(worst, got)
			require.LessOrEqual(t, got, 4.0, "k=%d row %d: %v", k, i, o.loss[i])
		}
	}
	t.Logf("%.2f ulp", worst)
}

// TestLogOf: log x by x or by 1 - x, where x is denormal or 0 too.
func TestLogOf(t *testing.T) {
	require.InEpsilon(t, -1000*math.Ln2, LogOf(0x1p-1000, 1), 1e-15)
	require.InEpsilon(t, -1060*math.Ln2, LogOf(0x1p-1060, 1), 1e-15)
	require.InEpsilon(t, -math.Ln2, LogOf(0.5, 0.5), 1e-15)
	require.InEpsilon(t, -0x1p-60, LogOf(1, 0x1p-60), 1e-15)
	require.Equal(t, math.Inf(-1), LogOf(0, 1))
}
