package oracle

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// TestLiftedGradients holds gradients of float32 to 4 ulp where p is a denormal number, or near
// one, and much larger numbers multiply it: upstream gradients, sample weights, class weights and
// the slopes of losses.
func TestLiftedGradients(t *testing.T) {
	steep := []losses.Loss{losses.AGCE{A: 5, Q: 6}, losses.AGCE{A: .01, Q: .1}, losses.AUL{A: 9, Q: 5},
		losses.AUL{A: 1.001, Q: .1}, losses.AEL{A: .001}, losses.Poly1{Epsilon: 1000},
		losses.ConfidencePenalty{Beta: 50}, losses.ReverseCrossEntropy{A: -600},
		losses.SymmetricCrossEntropy{Alpha: 1, Beta: 500, A: -6},
		losses.WeightedSum{{Weight: 900, Loss: losses.GCE{Q: .5}}, {Weight: 900, Loss: losses.MAE{}}}}
	for _, e := range losses.Losses() {
		steep = append(steep, e.Loss)
	}
	for i, l := range steep {
		entry, _ := losses.Describe(l)
		for j, what := range []string{"loss", "upstream", "weight", "class weights", "temperature", "sum", "elements"} {
			ks := []int{2, 10, 3, 40, 79}
			if at := (i + j) % len(ks); testing.Short() {
				ks = ks[at:][:1]
			} else if at == 0 {
				ks = append(ks, 300)
			}
			for n, k := range ks {
				link := losses.SoftmaxLink
				if what == "elements" {
					link = losses.SigmoidLink
				}
				if entry.LabelsSumToOne() || entry.Loss != nil && !entry.Has(link) {
					continue
				}
				r := rand.New(rand.NewPCG(uint64(i), uint64(100*j+k)))
				c := liftedCase(what, l, link, k, (i+j+n)%2 == 0, r)
				loss, grads, err := Compare(c)
				require.NoError(t, err)
				worst := Largest(append(loss, grads...))
				assert.LessOrEqualf(t, worst.Terms, c.Limit(), "%T%v %s k=%d: %v", l, l, what, k, worst)
			}
		}
	}
}

// liftedCase is a row of logits mostly 80 to 104 below the largest.
func liftedCase(what string, loss losses.Loss, link losses.Link, k int, index bool, r *rand.Rand) Case {
	single := func(x float64) float64 { return float64(float32(x)) }
	c := losses.Criterion{Loss: loss, Link: link, Reduction: losses.Sum}
	b := Batch{N: 1, K: k, Upstream: []float64{1}}
	large := single(math.Exp(math.Log(1e3) + 40*r.Float64()))
	switch what {
	case "weight":
		b.Weights = []float64{large}
	case "class weights":
		for range k {
			c.ClassWeights = append(c.ClassWeights, single(large*(1+r.Float64())))
		}
	case "temperature":
		c.Temperature = .5
		b.Upstream[0] = large
	case "upstream", "elements":
		b.Upstream[0] = large
	case "sum":
		c.Reduction, b.Upstream[0] = losses.None, large
	}
	if what == "elements" && !index {
		c.Reduction, b.Upstream = losses.None, nil
		for range k {
			b.Upstream = append(b.Upstream, single(large*r.Float64()))
		}
	}
	top := r.IntN(k)
	for j := range k {
		z := -80 - 24*r.Float64()
		if r.IntN(3) == 0 {
			z = -100 * r.Float64()
		}
		if j == top {
			z = 0
		}
		if what == "temperature" {
			z /= 2
		}
		if what == "elements" && r.IntN(2) == 0 {
			z = -z
		}
		b.Logits = append(b.Logits, single(z))
		b.Labels = append(b.Labels, single(max(0, min(1, r.NormFloat64()/math.Sqrt(float64(k))))))
	}
	if index {
		if b.Labels, b.Index = nil, []int{top}; r.IntN(2) == 0 {
			b.Index[0] = r.IntN(k)
		}
	}
	return Case{Criterion: c, Batch: b, Single: true}
}
