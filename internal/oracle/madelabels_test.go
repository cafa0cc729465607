package oracle

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// TestMadeLabelsFourUlps: cross entropy of rows of many classes, whose labels a kernel smooths or
// weighs while it reads them, is as exact as with labels that are there: loss and gradients, those
// by the labels too, of ordinary rows, sure ones, and rows that the kernel declines.
func TestMadeLabelsFourUlps(t *testing.T) {
	ks := []int{256, 515}
	if testing.Short() {
		ks = ks[:1]
	}
	for _, k := range ks {
		r := rand.New(rand.NewPCG(uint64(k), 7))
		for name, c := range labelMakers(r, k) {
			c.Reduction = losses.None
			for _, index := range []bool{false, true} {
				for _, single := range []bool{true, false} {
					if !single && k < 512 { // blocks
						continue
					}
					x := Case{Criterion: c, Batch: madeBatch(r, k, index), Single: single}
					loss, grads, err := Compare(x)
					require.NoError(t, err, name)
					for _, e := range append(loss, grads...) {
						if !(e.Terms <= x.Limit()) {
							assert.Failf(t, "too far", "%s k=%d index=%v single=%v: %s: got %v, want %v, %.4g ulp",
								name, k, index, single, e.What, e.Got, e.Want, e.Terms)
						}
					}
				}
			}
		}
	}
}

// labelMakers are the options that make the labels of k classes.
func labelMakers(r *rand.Rand, k int) map[string]losses.Criterion {
	all := map[string]losses.Criterion{}
	for i, rule := range []losses.SmoothingRule{losses.SmoothUniform, losses.SmoothPrior, losses.SmoothNotebook} {
		all[rule.String()] = losses.Criterion{Smoothing: losses.Smoothing{Rule: rule, Alpha: []float64{0.1, 1, 0.7}[i]}}
	}
	weights := make([]float64, k)
	for i := range weights {
		weights[i] = math.Exp(r.NormFloat64())
	}
	weights[r.IntN(k)] = 0
	all["weights"] = losses.Criterion{ClassWeights: weights}
	return all
}

// madeBatch has rows of every kind.
func madeBatch(r *rand.Rand, k int, index bool) Batch {
	const rows = 4
	b := Batch{N: rows, K: k}
	for i := range rows {
		top := r.IntN(k)
		b.Index = append(b.Index, top)
		if i == 1 {
			b.Index[i] = (top + 1) % k
		}
		for j := range k {
			z, label := r.NormFloat64(), math.Exp(2*r.NormFloat64())/float64(k)
			switch {
			case i < 2 && j == top: // a sure row
				z += 12
			case i == 2 && j == top: // the kernel declines it
				z -= 1000
			case i == 3 && r.IntN(2) == 0:
				label = 0
			}
			b.Logits = append(b.Logits, float64(float32(z)))
			b.Labels = append(b.Labels, float64(float32(label)))
		}
	}
	if index {
		b.Labels = nil
	} else {
		b.Index = nil
	}
	return b
}
