package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// TestSteepLosses holds float32 to 4 ulp where the parameter of a loss makes a power or an
// exponential magnify what p is rounded by, or leave the range of float32: from ordinary parameters
// to extreme ones.
func TestSteepLosses(t *testing.T) {
	times := 4
	if testing.Short() {
		times = 1
	}
	for i, maker := range []func(u float64) losses.Loss{
		func(u float64) losses.Loss { return losses.Focal{Gamma: math.Exp2(5 + 4*u)} },
		func(u float64) losses.Loss { return losses.AEL{A: math.Exp2(-5 - 4*u)} },
		func(u float64) losses.Loss { return losses.AGCE{A: math.Exp2(-20 * u), Q: 4 + 12*u} },
		func(u float64) losses.Loss { return losses.AUL{A: 1 + math.Exp2(-4-20*u), Q: 4 + 12*u} },
		func(u float64) losses.Loss {
			steep := losses.AEL{A: math.Exp2(-5 - 4*u)}
			return losses.WeightedSum{{Weight: 1, Loss: steep}, {Weight: 1, Loss: losses.CrossEntropy{}}}
		},
	} {
		for _, k := range []int{10, 65} {
			for n := range times {
				r := rand.New(rand.NewPCG(uint64(i), uint64(100*n+k)))
				l := maker((float64(n) + r.Float64()) / float64(times))
				for _, link := range []losses.Link{losses.SoftmaxLink, losses.SigmoidLink} {
					c := steepCase(l, link, k, r)
					loss, grads, err := Compare(c)
					require.NoError(t, err)
					worst := Largest(append(loss, grads...))
					assert.LessOrEqualf(t, worst.Terms, c.Limit(), "%s k=%d: %v", fmt.Sprint(l), k, worst)
				}
			}
		}
	}
}

// steepCase is one-hot rows of ordinary logits, of which one stands out.
func steepCase(l losses.Loss, link losses.Link, k int, r *rand.Rand) Case {
	b := Batch{N: 5, K: k}
	for range b.N {
		row, labels := make([]float64, k), make([]float64, k)
		for j := range row {
			row[j] = r.NormFloat64()
		}
		row[r.IntN(k)] += 8 * r.Float64()
		for j := range row {
			row[j] = float64(float32(row[j]))
		}
		labels[r.IntN(k)] = 1
		b.Logits, b.Labels = append(b.Logits, row...), append(b.Labels, labels...)
	}
	return Case{Criterion: losses.Criterion{Loss: l, Link: link, Reduction: losses.None}, Batch: b, Single: true}
}
