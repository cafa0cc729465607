package kernel

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestGuardMade runs the kernels that make labels at the edges of pages.
func TestGuardMade(t *testing.T) {
	having(t, func() bool { return MakesLabels[float32](1, 1000, true) }, guardMade[float32], guardMade[float64])
}

func guardMade[T Float](t *testing.T) {
	const most = 17 * 513 * 8
	pages := newPages(t, 9, most)
	for _, k := range append(upTo(70)[1:], 255, 256, 511, 512, 513) {
		for _, n := range []int{1, 2, 17} {
			b := newBlock[T](n, k, ordinary)
			for _, behind := range []bool{true, false} {
				narrow := func(i int, x []T) []T { return numtest.Guard(pages[i], x, behind) }
				loss := numtest.Guard(pages[0], make([]float64, n), behind)
				index := numtest.Guard(pages[1], b.index, behind)
				z, labels, scratch := narrow(2, b.z), narrow(3, b.t), narrow(6, make([]T, k))
				o := LabelGrads[T]{Factor: []T{-1}, Keep: 1, Mix: 1, Above: -1}
				for _, m := range []Made[T]{
					{Keep: 0.5, Each: 0.25, Share: 0.25},
					{Keep: 0.5, Each: 0.25, Cut: 0.25},
					{Exact: numtest.Guard(pages[8], make([]float64, k), behind), Weights: narrow(4, b.z[:k]),
						Low: narrow(5, b.z[:k])},
				} {
					for _, grad := range [][]T{nil, narrow(7, make([]T, n*k))} {
						all := MadeCrossEntropy(loss, grad, nil, z, labels, nil, []T{1}, scratch, k, &m, o)
						require.True(t, all)
						if m.Weights == nil && (k <= 40 || MakesLabels[T](n, k, false)) {
							all = MadeCrossEntropy(loss, grad, nil, z, nil, index, []T{1}, scratch, k, &m, o)
							require.True(t, all)
						}
						grads := make([]T, n*k)
						MadeCrossEntropy(loss, grad, grads, z, labels, nil, []T{1}, scratch, k, &m, o)
					}
				}
			}
		}
	}
}
