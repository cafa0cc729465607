package losses_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// TestInvalidLabelOfEveryLoss: every loss, by its kernels and with gradients of labels, names the
// row of a label that is none, wherever it stands, and of two the first.
func TestInvalidLabelOfEveryLoss(t *testing.T) {
	for name, loss := range lossFamily {
		for _, dt := range floatDtypes {
			for _, k := range []int{3, 10, 70} {
				const n = 5
				good := batch{dt: dt, n: n, k: k, z: repeat(n*k, func(i int) float64 { return float64(i%7) / 4 }),
					t: oneHot(k, 1, 0, 2, 1, 0)}
				for row := range n {
					for _, label := range []float64{-1, nan, inf} {
						b := good
						b.t = slices.Clone(good.t)
						b.t[row*k+2], b.t[n*k-1] = label, label
						for _, form := range []string{"value", "gradient", "gradients"} {
							what := fmt.Sprintf("%s %v K=%d row %d label %v, %s", name, dt, k, row, label, form)
							requireInvalidLabel(t, what, losses.Criterion{Loss: loss}, b, form, row, 2)
						}
					}
				}
			}
		}
	}
}

// TestInvalidLabelOfEveryElement is the same for yes-or-no questions.
func TestInvalidLabelOfEveryElement(t *testing.T) {
	for name, loss := range elementFamily {
		for _, dt := range floatDtypes {
			for _, k := range []int{1, 3, 40} {
				const n = 3
				for _, at := range []int{0, 1, n*k - 1} {
					for _, label := range []float64{-1, 2, nan, inf} {
						b := batch{dt: dt, n: n, k: k, z: repeat(n*k, func(i int) float64 { return float64(i%7)/4 - 1 }),
							t: repeat(n*k, func(i int) float64 { return float64(i % 2) })}
						b.t[at], b.t[n*k-1] = label, label
						for _, form := range []string{"value", "gradient", "gradients"} {
							what := fmt.Sprintf("%s %v K=%d element %d label %v, %s", name, dt, k, at, label, form)
							requireInvalidLabel(t, what, losses.Criterion{Loss: loss, Link: losses.SigmoidLink}, b, form,
								at/k, at%k)
						}
					}
				}
			}
		}
	}
}

// requireInvalidLabel wants the error of a label of a row and column, whatever is asked for.
func requireInvalidLabel(t *testing.T, what string, c losses.Criterion, b batch, form string, row, col int) {
	out := b.outputs(c)
	switch form {
	case "value":
		out.Grad, out.TargetGrad = nil, nil
	case "gradient":
		out.TargetGrad = nil
	}
	err := c.EvalInto(out, b.inputs(c))
	require.ErrorIs(t, err, losses.ErrLabel, what)
	var e *losses.Error
	require.ErrorAs(t, err, &e, what)
	require.Equal(t, [2]int{row, col}, [2]int{e.Row, e.Col}, what)
}
