package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// TestMasked holds rows of which some logits are -Inf, with labels that are 0 there, to those
// without these classes, beside rows without any, and wants the same bits of a row alone. Such rows
// with a label there are for others.
func TestMasked(t *testing.T) { having(t, prepares, masked[float32], masked[float64]) }

func masked[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for _, k := range []int{2, 3, 4, 5, 10, 16, 17, 31, 40, 64, 65, 100, 128, 129, 200, 256, 257, 300, 577, 1000} {
		for _, temperature := range []float64{1, 3, 0.5, 0.7} {
			for _, shifted := range []bool{false, true} {
				for _, extra := range []T{0, 0.01} {
					what := fmt.Sprintf("k=%d temperature %v shifted %v extra %v", k, temperature, shifted, extra)
					if x := newPreparedRow[T](r, k, temperature, 0, shifted, true); Prepares(&x.p) {
						holdMasked(t, what, r, x, temperature, extra)
					}
				}
			}
		}
	}
}

// maskedRow is a row with logits that are -Inf, and what is left of it without these.
type maskedRow[T Float] struct {
	row, left *preparedRow[T]
	valid     bool // no label is lost
}

// newMaskedRow returns one of the preparation of x: none of its logits is masked, or one, half, or
// all but one, or one that has a label.
func newMaskedRow[T Float](r *rand.Rand, x *preparedRow[T], temperature float64, kind int) (m maskedRow[T]) {
	k := len(x.z)
	m.row, m.valid = newPreparedRow[T](r, k, temperature, 0, false, true), kind < 4
	m.row.p = x.p
	m.row.prepare(&x.p, temperature)
	m.left = &preparedRow[T]{labels: true}
	places := r.Perm(k)
	off := places[:[]int{0, 1, k / 2, k - 1, 1}[kind]]
	for j := range k {
		if slices.Contains(off, j) {
			m.row.z[j], m.row.t[j] = T(math.Inf(-1)), 0
			continue
		}
		m.left.y, m.left.t = append(m.left.y, m.row.y[j]), append(m.left.t, m.row.t[j])
		if j == places[k-1] {
			m.row.index, m.left.index = j, len(m.left.y)-1
		}
	}
	if !m.valid {
		m.row.t[off[0]], m.row.index = 0.5, off[0]
	}
	return m
}

// holdMasked computes 37 such rows, with labels and with an index.
func holdMasked[T Float](t *testing.T, what string, r *rand.Rand, x *preparedRow[T], temperature float64, extra T) {
	const n = 37
	k, rows := len(x.z), make([]maskedRow[T], n)
	var z, labels, f []T
	var index []int
	for i := range rows {
		m := newMaskedRow(r, x, temperature, i%5)
		rows[i], z, labels, index = m, append(z, m.row.z...), append(labels, m.row.t...), append(index, m.row.index)
		f = append(f, T(0.3*r.NormFloat64()))
	}
	vectors := !strings.Contains(t.Name(), "neon")
	for _, byLabels := range []bool{true, false} {
		if !byLabels {
			labels = nil
		}
		loss, lse, grad, none := make([]float64, n), make([]float64, n), make([]T, n*k), make([]float64, n)
		CrossEntropyRows(&x.p, none, lse, nil, z, labels, index, f, []T{extra}, k)
		CrossEntropyRows(&x.p, loss, lse, grad, z, labels, index, f, []T{extra}, k)
		for i, m := range rows {
			m.row.labels, m.left.labels = byLabels, byLabels
			what := fmt.Sprintf("%s labels %v: row %d", what, byLabels, i)
			g := grad[i*k : (i+1)*k]
			alone, sum, one := make([]float64, 1), make([]float64, 1), make([]T, k)
			CrossEntropyRows(&x.p, alone, sum, one, m.row.z, part(labels, i*k, (i+1)*k), index[i:i+1], f[i:i+1], []T{extra}, k)
			switch declined := lse[i] != lse[i]; {
			case declined:
				require.True(t, !vectors || !m.valid || m.left.showsLost(float64(extra)), "%s is declined", what)
				require.True(t, math.IsNaN(sum[0]), what)
				continue
			default:
				require.True(t, m.valid, "%s is not declined", what)
				require.True(t, sameBits(alone, loss[i:i+1]) && sameBits(none[i:i+1], alone) &&
					sameBits(sum, lse[i:i+1]) && sameBits(one, g), what)
			}
			holdLeft(t, what, m, loss[i], g, float64(f[i]), float64(extra))
		}
	}
}

// holdLeft holds loss and gradient of a row to those of what is left of it.
func holdLeft[T Float](t *testing.T, what string, m maskedRow[T], loss float64, grad []T, f, extra float64) {
	most := 4.0
	if spec.Size[T]() == 8 { // of which the exponential shows the rounding of a logit
		most = 8
	}
	wantLoss, _, want, size := m.left.want(f, extra)
	near := func(got, want, size float64) {
		ulp := numtest.Ulp(T(max(size, math.Abs(want))))
		atMost(t, math.Abs(got-want), most*ulp, "%s has %v, not %v", what, got, want)
	}
	near(loss, wantLoss, 0)
	for j, v := range grad {
		if math.IsInf(float64(m.row.z[j]), -1) {
			require.Zero(t, v, what)
			continue
		}
		near(float64(v), want[0], size[0])
		want, size = want[1:], size[1:]
	}
}

// part returns x[lo:hi], and nil of nil.
func part[T any](x []T, lo, hi int) []T {
	if x == nil {
		return nil
	}
	return x[lo:hi]
}
