package kernel

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// TestEveryPosition puts NaN, infinite and far logits at every place of rows of many classes, where
// kernels find them before they compute the row, or while they do, and wants what the specification
// says, or, of prepared logits, that the row is declined, or is as without a masked class: with
// labels and with an index, for loss and gradient and for the loss alone, with the gradients by the
// labels, and of logits that are divided, shifted, or have a z-loss.
func TestEveryPosition(t *testing.T) { both(t, everyPosition[float32], everyPosition[float64]) }

func everyPosition[T Float](t *testing.T) {
	far := -200.0 // whose exponential is no normal number, of neither type
	if spec.Size[T]() == 8 {
		far = -800
	}
	values := []float64{math.NaN(), math.Copysign(math.NaN(), -1), math.Inf(1), math.Inf(-1), -1e30, far}
	ks := []int{257, 529, 1000, 1100}
	if testing.Short() {
		ks = []int{263, 1000}
	}
	for _, k := range ks {
		b := newBlock[T](1, k, ordinary)
		for pos := range k {
			if testing.Short() && k > 512 && pos%7 != k%7 && pos < k-64 {
				continue
			}
			was, label := b.z[pos], b.t[pos]
			b.z[pos], b.index[0] = T(values[pos%len(values)]), (pos+pos%2)%k
			if pos%3 == 0 {
				b.t[pos] = 0
			}
			b.holdPosition(t, pos)
			b.z[pos], b.t[pos] = was, label
		}
	}
}

// holdPosition holds all kernels of cross entropy on the row of b to the specification.
func (b *block[T]) holdPosition(t *testing.T, pos int) {
	k, byLabels := b.k, LabelGrads[T]{Factor: []T{1}}
	for _, index := range []bool{false, true} {
		labels, size := b.t, b.t
		if index {
			labels, size = nil, make([]T, k)
			size[b.index[0]] = 1
		}
		run := func(grad, labelGrad []T) (loss float64) {
			var l [1]float64
			switch {
			case index:
				CrossEntropyIndex(l[:], grad, b.z, b.index, b.scale, k)
			case labelGrad != nil:
				require.Equal(t, -1, CrossEntropyLabels(l[:], grad, labelGrad, b.z, b.t, b.scale, k, byLabels))
			default:
				require.Equal(t, -1, CrossEntropy(l[:], grad, b.z, b.t, b.scale, k))
			}
			return l[0]
		}
		restore := forced("specification")
		want := make([]T, k)
		wantLoss := run(want, nil)
		p, mass := make([]T, k), 0.0
		Softmax(p, b.z, k)
		restore()
		for _, x := range size {
			mass += float64(x)
		}
		for _, grad := range [][]T{make([]T, k), nil} {
			require.True(t, b.nearTerms(run(grad, nil), wantLoss, 0), "k=%d: loss, %v at %d", k, b.z[pos], pos)
			if !index {
				require.True(t, b.nearTerms(run(grad, make([]T, k)), wantLoss, 0), "k=%d: loss, %v at %d", k, b.z[pos], pos)
			}
			for j, g := range grad {
				terms := float64(b.scale[0]) * (mass*float64(p[j]) + float64(size[j]))
				require.True(t, b.nearTerms(float64(g), float64(want[j]), terms),
					"k=%d: %v at %d: gradient %d is %v, want %v", k, b.z[pos], pos, j, g, want[j])
			}
		}
		b.declinePosition(t, labels, pos)
	}
}

// declinePosition wants kernels of prepared logits to decline the row, or to compute it as a row
// without the class at pos, where that is masked.
func (b *block[T]) declinePosition(t *testing.T, labels []T, pos int) {
	divided, shifted, plain := NewPrepared[T](0.5), NewPrepared[T](1), NewPrepared[T](1)
	if !Prepares(&divided) {
		return
	}
	shifted.AddIn(make([]T, 4*b.k))
	masked := math.IsInf(float64(b.z[pos]), -1) && !strings.Contains(t.Name(), "neon") // which declines it
	for i, p := range []*Prepared[T]{&divided, &shifted, &plain} {
		for _, grad := range [][]T{make([]T, b.k), nil} {
			var loss float64
			_, ok := CrossEntropyRow(p, &loss, grad, b.z, labels, b.index[0], 1, 0.1)
			require.Equal(t, masked, ok, "k=%d: preparation %d, %v at %d", b.k, i, b.z[pos], pos)
			if masked {
				b.holdMasked(t, p, labels, pos, loss, grad)
			}
			if labels != nil {
				_, ok = CrossEntropyRowLabels(p, &loss, grad, make([]T, b.k), b.z, labels, 1, 0.1,
					LabelGrads[T]{Factor: []T{1}})
				require.False(t, ok && !masked, "k=%d: preparation %d, %v at %d, with labels", b.k, i, b.z[pos], pos)
			}
			for _, extra := range [][]T{nil, {0.1}} {
				var lse [1]float64
				all := CrossEntropyRows(p, []float64{0}, lse[:], grad, b.z, labels, b.index, []T{1}, extra, b.k)
				require.False(t, all && !masked, "k=%d: preparation %d, %v at %d, rows", b.k, i, b.z[pos], pos)
				require.Equal(t, !masked, math.IsNaN(lse[0]), "k=%d: preparation %d, %v at %d, rows", b.k, i, b.z[pos], pos)
			}
		}
	}
}

// holdMasked holds loss and gradient of a row with a masked class at pos, and an extra of 0.1, to
// those of the row without it.
func (b *block[T]) holdMasked(t *testing.T, p *Prepared[T], labels []T, pos int, loss float64, grad []T) {
	k, at := b.k-1, b.index[0]
	if at > pos {
		at--
	}
	left := NewPrepared[T](1 / float64(p.Factor))
	if p.Hi != nil {
		left.AddIn(make([]T, 4*k))
	}
	rest := func(x []T) []T { return slices.Delete(slices.Clone(x), pos, pos+1) }
	var restLabels []T
	if labels != nil {
		restLabels = rest(labels)
	}
	var want float64
	wantGrad := make([]T, k)
	_, ok := CrossEntropyRow(&left, &want, wantGrad, rest(b.z), restLabels, at, 1, 0.1)
	require.True(t, ok && b.nearTerms(loss, want, 0), "k=%d: %v at %d: loss %v, want %v", b.k, b.z[pos], pos, loss, want)
	if grad == nil {
		return
	}
	require.Zero(t, grad[pos], "k=%d: %d", b.k, pos)
	for j, g := range rest(grad) {
		label := 0.0
		if labels != nil {
			label = float64(restLabels[j])
		} else if j == at {
			label = 1
		}
		require.True(t, b.nearTerms(float64(g), float64(wantGrad[j]), math.Abs(float64(wantGrad[j]))+2*label),
			"k=%d: %v at %d: gradient %d is %v, want %v", b.k, b.z[pos], pos, j, g, wantGrad[j])
	}
}

// nearTerms reports whether got is within 4 ulp of float32, or some of float64, of want or of terms
// that are larger, or the same NaN or infinity.
func (b *block[T]) nearTerms(got, want, terms float64) bool {
	ulps := 4.0
	if spec.Size[T]() == 8 {
		ulps = 16 + float64(b.k)/32 // the specification adds up one by one
	}
	return got == want || math.IsNaN(got) && math.IsNaN(want) ||
		math.Abs(got-want) <= ulps*numtest.Ulp(T(max(math.Abs(want), terms))) && !math.IsInf(want, 0)
}
