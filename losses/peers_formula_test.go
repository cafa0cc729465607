package losses_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// peerFormulas derive the number of a peer whose definition differs on purpose from ours.
var peerFormulas = map[string]func(t *testing.T, c peerCase, b batch) result{
	"smooth then weigh": smoothThenWeigh,
	"nothing kept":      nothingKept,
	"divide by K": func(t *testing.T, c peerCase, b batch) result {
		r := b.eval(t, c.criterion(t))
		f := 1 / float64(b.k)
		return result{loss: scaled(f, r.loss), grad: scaled(f, r.grad), tgrad: scaled(f, r.tgrad)}
	},
	"clipped": clipped,
	"jsd":     jensenShannon,
}

// smoothThenWeigh is PyTorch's order: the labels are smoothed, then class weights multiply them.
// Its mean divides by the weights of an index, and by the rows of soft labels.
func smoothThenWeigh(t *testing.T, c peerCase, b batch) result {
	crit := c.criterion(t)
	ours := b.eval(t, crit)
	div := 1.0
	if b.index != nil {
		b.t = oneHot(b.k, b.index...)
		if crit.Reduction == losses.Mean {
			div = 0
			for _, y := range b.index {
				div += c.Weights[y]
			}
		}
		b.index = nil
	} else if crit.Reduction == losses.Mean {
		div = float64(b.n)
	}
	smooth, err := crit.Smoothing.Apply(dense(tensor.Float64, b.t, b.n, b.k))
	require.NoError(t, err)
	b.t, crit.Smoothing = values(smooth), losses.Smoothing{}
	if crit.Reduction == losses.Mean {
		crit.Reduction = losses.Sum
	}
	r := b.eval(t, crit)
	require.NotEqual(t, r.loss, ours.loss, "the orders agree")
	back := scaled((1-c.Alpha)/div, r.tgrad) // through the smoothing
	return result{loss: scaled(1/div, r.loss), grad: scaled(1/div, r.grad), tgrad: back}
}

// nothingKept: PyTorch has NaN, here it is 0.
func nothingKept(t *testing.T, c peerCase, b batch) result {
	r := b.eval(t, c.criterion(t))
	same(t, "loss", r.loss, []float64{0})
	same(t, "gradient", r.grad, make([]float64, b.n*b.k))
	return result{loss: []float64{nan}, grad: c.Grad.Data}
}

// clipped is our loss from probabilities, clipped as Keras does and taken back through the softmax.
func clipped(t *testing.T, c peerCase, b batch) result {
	const low, high = 1e-7, 1 - 1e-7
	crit := c.criterion(t)
	logits := dense(tensor.Float64, b.z, b.n, b.k)
	p, err := losses.Softmax(logits)
	require.NoError(t, err)
	probs := batch{dt: tensor.Float64, n: b.n, k: b.k, z: values(p), t: b.t}
	inside := make([]bool, len(probs.z))
	for i, v := range probs.z {
		inside[i] = v > low && v < high
		probs.z[i] = math.Min(math.Max(v, low), high)
	}
	require.Contains(t, inside, false, "nothing to clip")
	crit.FromProbs = true
	r := probs.eval(t, crit)
	for i := range r.grad {
		if !inside[i] {
			r.grad[i] = 0
		}
	}
	grad, err := losses.SoftmaxGrad(logits, dense(tensor.Float64, r.grad, b.n, b.k))
	require.NoError(t, err)
	f := c.Scale
	if f == 0 {
		f = 1
	}
	return result{loss: scaled(f, r.loss), grad: scaled(f, values(grad))}
}

// jensenShannon is timm's loss: cross entropy of the first prediction, and 12 times the mean
// divergence of all predictions from their mixture, which is clipped at 1e-7.
func jensenShannon(t *testing.T, c peerCase, b batch) result {
	n, size := b.n/c.Splits, b.n/c.Splits*b.k
	b.n = n
	var probs [][]float64
	mixture := make([]float64, size)
	for s := range c.Splits {
		p, err := losses.Softmax(dense(tensor.Float64, c.Logits.Data[s*size:(s+1)*size], n, b.k))
		require.NoError(t, err)
		probs = append(probs, values(p))
		for i, v := range values(p) {
			mixture[i] += v / float64(c.Splits)
		}
	}
	for i, v := range mixture {
		mixture[i] = math.Max(v, 1e-7)
	}
	b.z = b.z[:size]
	out := b.eval(t, c.criterion(t))
	out.grad = append(out.grad, make([]float64, (c.Splits-1)*size)...)
	kl := losses.Criterion{Loss: losses.KL{}, FromProbs: true}
	byMixture := make([]float64, size)
	var byProbs [][]float64
	f := 12 / float64(c.Splits)
	for _, p := range probs {
		r := batch{dt: tensor.Float64, n: n, k: b.k, z: mixture, t: p}.eval(t, kl)
		out.loss[0] += f * r.loss[0]
		byProbs = append(byProbs, r.tgrad)
		for i, g := range r.grad {
			if mixture[i] > 1e-7 {
				byMixture[i] += g / float64(c.Splits)
			}
		}
	}
	for s, g := range byProbs {
		for i := range g {
			g[i] = f * (g[i] + byMixture[i])
		}
		back, err := losses.SoftmaxGrad(dense(tensor.Float64, c.Logits.Data[s*size:(s+1)*size], n, b.k),
			dense(tensor.Float64, g, n, b.k))
		require.NoError(t, err)
		for i, v := range values(back) {
			out.grad[s*size+i] += v
		}
	}
	ownJensenShannon(t, c, b.dt, n, b.k, slices.Min(mixture) > 1e-7, out, b.eval(t, c.criterion(t)))
	return out
}

// ownJensenShannon holds 12 times JensenShannon plus cross entropy against want.
func ownJensenShannon(t *testing.T, c peerCase, dt tensor.Dtype, n, k int, unclipped bool, want, crossEntropy result) {
	require.True(t, unclipped, "the peer clips")
	rtol := 16 * epsilon(dt)
	var logits []tensor.Tensor
	for s := range c.Splits {
		logits = append(logits, dense(tensor.Float64, c.Logits.Data[s*n*k:(s+1)*n*k], n, k))
	}
	loss, grads, err := losses.JensenShannonGrad(logits, dense(tensor.Float64, []float64{12}), losses.Mean)
	require.NoError(t, err)
	near(t, "cross entropy and Jensen-Shannon", []float64{crossEntropy.loss[0] + 12*values(loss)[0]}, want.loss, rtol,
		0)
	for s, g := range grads {
		got := values(g)
		if s == 0 {
			for i, x := range crossEntropy.grad {
				got[i] += x
			}
		}
		near(t, "gradient", got, want.grad[s*n*k:(s+1)*n*k], rtol, 16*rtol)
	}
}
