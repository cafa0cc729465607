package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// TestElementLabels: under SigmoidLink the gradients by the labels are those that a loss's Row
// gives in float64, of logits and labels of every kind, behind smoothing, weights and what
// changes logits, beside an upstream gradient of 0 too: to 64 ulp of float64 of what the labels 1
// and 0 cost, of which they are a difference, and in float32 rounded once.
func TestElementLabels(t *testing.T) {
	logits := []float64{1e-30, -3e-4, 60, -90, -700, 0, 1e-3, -1e-3, 0.5, -0.5, 2, 5, -5, 17, 30, -30, 100, -100, 800,
		-800, 1e30, -1e30, math.Inf(-1), math.Inf(1), nan}
	shares := []float64{0, 0x1p-1060, 0x1p-140, 0x1p-100, 1e-3, 0.25, 0.3, 0.5, 0.75, 1 - 0x1p-20, 1 - 0x1p-24, 1}
	k := len(logits)
	n := len(shares)
	b := batch{n: n, k: k}
	for _, share := range shares {
		b.z = append(b.z, logits...)
		b.t = append(b.t, repeat(k, func(int) float64 { return share })...)
	}
	upstreams := repeat(n*k, func(i int) float64 { return []float64{1, -2, 0, 0x1p-20, 3}[(i+i/k)%5] })
	for name, l := range lossFamily {
		e, _ := losses.Describe(l)
		if !e.Has(losses.SigmoidLink) {
			continue
		}
		for option, c := range map[string]losses.Criterion{
			"plain":    {},
			"uniform":  {Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: 0.2}},
			"prior":    {Smoothing: losses.Smoothing{Alpha: 0.25, Prior: []float64{0.75, 0.25}}},
			"weights":  {ClassWeights: repeat(k, func(j int) float64 { return float64(1+j%4) / 2 })},
			"positive": {PosWeight: repeat(k, func(j int) float64 { return float64(1+j%3) / 2 })},
			"all": {Smoothing: losses.Smoothing{Alpha: 0.25, Prior: []float64{0.75, 0.25}}, PosWeight: []float64{3},
				ClassWeights: []float64{0.7}, Temperature: 2},
			"shift":       {LogitShift: repeat(k, func(j int) float64 { return float64(j % 3) })},
			"temperature": {Temperature: 0.5},
			"sum":         {Reduction: losses.Sum},
		} {
			for _, dt := range floatDtypes {
				b.dt, c.Loss, c.Link = dt, l, losses.SigmoidLink
				u := upstreams
				if option == "sum" {
					u = repeat(n*k, one)
				} else {
					c.Reduction = losses.None
				}
				elementLabelsAsOfRows(t, fmt.Sprintf("%s %v %s", name, dt, option), c, b, u)
			}
		}
	}
}

// TestElementLabelsOfSure: what a label costs whose class has no probability is +Inf, behind a
// prior too, which gives both classes a label that does not depend on the element's.
func TestElementLabelsOfSure(t *testing.T) {
	prior := losses.Smoothing{Alpha: 0.25, Prior: []float64{0.75, 0.25}}
	for _, l := range []losses.Loss{losses.CrossEntropy{}, losses.Focal{Gamma: 2}, losses.Poly1{Epsilon: 2}, losses.KL{},
		losses.Sparsemax{}, losses.Entmax15{}} {
		for _, l := range []losses.Loss{l, byRow{l}} {
			for _, c := range []losses.Criterion{{Smoothing: prior}, {Smoothing: prior, PosWeight: []float64{2}}} {
				c.Loss, c.Link = l, losses.SigmoidLink
				b := batch{n: 1, k: 4, t: []float64{0, 0.25, 0.5, 1}, z: repeat(4, func(int) float64 { return math.Inf(-1) })}
				for _, b.dt = range floatDtypes {
					for i, got := range b.eval(t, c).tgrad {
						require.Equal(t, math.Inf(1), got, "%v, label %v", c, b.t[i])
					}
				}
			}
		}
	}
}

func elementLabelsAsOfRows(t *testing.T, what string, c losses.Criterion, b batch, upstreams []float64) {
	eval := func(c losses.Criterion, dt tensor.Dtype, labels []float64) (loss, labelGrad []float64) {
		in := losses.Inputs{Logits: dense(dt, round(b.dt, b.z), b.n, b.k),
			Target: dense(dt, round(b.dt, labels), b.n, b.k)}
		out := losses.Outputs{Loss: zeros(dt, tensor.Shape{}), TargetGrad: zeros(dt, tensor.Shape{b.n, b.k})}
		if c.Reduction == losses.None {
			in.Upstream, out.Loss = dense(dt, upstreams, b.n, b.k), zeros(dt, tensor.Shape{b.n, b.k})
		}
		require.NoError(t, c.EvalInto(out, in), what)
		return values(out.Loss), values(out.TargetGrad)
	}
	_, got := eval(c, b.dt, b.t)
	c.Loss = byRow{c.Loss}
	_, want := eval(c, tensor.Float64, b.t)
	c.Reduction = losses.None
	ones, _ := eval(c, tensor.Float64, repeat(len(b.t), one))
	none, _ := eval(c, tensor.Float64, make([]float64, len(b.t)))
	ulps := 0.0
	if b.dt == tensor.Float32 {
		ulps = epsilon(b.dt)
	}
	for i, x := range want {
		terms := max(math.Abs(x), 0x1p-126)
		if sum := (ones[i] + none[i]) * math.Abs(upstreams[i]); !math.IsInf(sum, 0) && !math.IsNaN(sum) {
			terms = max(terms, sum)
		}
		require.True(t, numtest.Close(got[i], x, ulps, 64*epsilon(tensor.Float64)*terms),
			"%s: logit %v, label %v: got %v, want %v", what, b.z[i], b.t[i], got[i], x)
	}
}
