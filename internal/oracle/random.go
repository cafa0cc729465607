package oracle

import (
	"math"
	"math/rand/v2"

	"softloss/losses"
)

// Case is a criterion and what it is evaluated on.
type Case struct {
	Seed      uint64 // of [Random]
	Criterion losses.Criterion
	Batch     Batch
	Single    bool // float32
	Times     int  // how often the batch is evaluated behind itself, in one call; 0 is once
}

// Random returns the case of a seed: every loss, target, option, link, layout and reduction; rows
// of equal, ordinary, far and saturated logits, with excluded classes; labels of any mass, and
// minute ones; sample weights of 0; mostly up to 12 classes, sometimes up to 2000, the small
// numbers of them more often; and up to 512 rows, of which up to 6 differ.
func Random(seed uint64) Case {
	g := generator{rand.New(rand.NewPCG(seed, 1)), Case{Seed: seed, Times: 1}}
	g.Single = g.one(2)
	b := &g.Batch
	b.N, b.K = 1+g.IntN(6), 1+g.IntN(12)
	if g.one(12) {
		b.N, b.K = 1+g.IntN(2), g.logarithmic(2000)
	}
	c := &g.Criterion
	c.Loss = g.loss(true)
	if _, binary := c.Loss.(losses.Asymmetric); binary || g.one(6) {
		c.Link = losses.SigmoidLink
		if g.one(3) {
			b.K = 1
		}
	}
	if g.one(6) && (b.K > 1 || c.Link == losses.SoftmaxLink) { // one question a row has no axis
		c.Axis, b.N = 1, b.N+b.N%2
	}
	c.Reduction = losses.Reduction(g.IntN(4))
	if g.one(3) {
		g.Times = g.logarithmic(min(512, 1<<15/b.K) / b.N)
	}
	c.FromProbs = g.one(8)
	c.FromProbs = c.FromProbs && c.Validate() == nil // not every loss takes them
	g.target()
	g.options()
	g.inputs()
	return g.Case
}

// far is the largest number of classes of which logits may be thousands apart, which takes
// thousands of bits.
const far = 130

// generator fills a case.
type generator struct {
	*rand.Rand
	Case
}

// one is true once in n times.
func (g *generator) one(n int) bool { return g.IntN(n) == 0 }

// logarithmic returns a whole number from 1 to n, one in [x, 2x) as often for every x.
func (g *generator) logarithmic(n int) int {
	return min(n, int(math.Exp(math.Log(float64(n+1))*g.Float64())))
}

// number returns x as the case's dtype has it.
func (g *generator) number(x float64) float64 {
	if g.Single {
		return float64(float32(x))
	}
	return x
}

// between returns a number of the case's dtype in [lo, hi].
func (g *generator) between(lo, hi float64) float64 { return g.number(lo + (hi-lo)*g.Float64()) }

// loss returns one of the losses that there are formulas for. Parameters of which differences are
// taken are multiples of 1/8, so that those are exact.
func (g *generator) loss(sums bool) losses.Loss {
	makers := []func() losses.Loss{
		func() losses.Loss { return nil },
		func() losses.Loss { return losses.CrossEntropy{} },
		func() losses.Loss { return losses.MAE{} },
		func() losses.Loss { return losses.GCE{Q: pick(g, .7, .1, 1, .5, .003, 1-g.Float64())} },
		func() losses.Loss { return losses.Focal{Gamma: pick(g, 2, 0, .5, 1, 3.5, 8*g.Float64())} },
		func() losses.Loss { return losses.Poly1{Epsilon: pick(g, 1, -1, 0, 2, -1+6*g.Float64())} },
		func() losses.Loss { return losses.AGCE{A: pick(g, 1, .5, 4*g.Float64()), Q: pick(g, 2, .5, 3)} },
		func() losses.Loss { return losses.AUL{A: pick(g, 2, 1.5, 6), Q: pick(g, 2, .5, 3)} },
		func() losses.Loss { return losses.AEL{A: pick(g, 2, .5, 4*g.Float64()+.1)} },
		func() losses.Loss { return losses.NCE{} },
		func() losses.Loss { return losses.ReverseCrossEntropy{A: pick(g, -4, -2, -6, -10*g.Float64()-.1)} },
		func() losses.Loss {
			return losses.SymmetricCrossEntropy{Alpha: 2 * g.Float64(), Beta: 2 * g.Float64(), A: pick(g, -4., -6)}
		},
		func() losses.Loss { return losses.KL{} },
		func() losses.Loss { return losses.ConfidencePenalty{Beta: pick(g, .1, g.Float64())} },
		func() losses.Loss {
			return losses.BiTempered{
				T1: pick(g, .75, 1, 0, .125*float64(g.IntN(9))),
				T2: pick(g, 1.25, 1, 2, 1+.125*float64(g.IntN(17))),
			}
		},
		func() losses.Loss {
			var sum losses.WeightedSum
			for range 1 + g.IntN(3) {
				sum = append(sum, losses.Term{Weight: 4 * g.Float64(), Loss: g.loss(false)})
				if sum[len(sum)-1].Loss == nil {
					sum[len(sum)-1].Loss = losses.CrossEntropy{}
				}
			}
			return sum
		},
	}
	if !sums {
		makers = makers[:len(makers)-1]
	} else if g.one(len(makers) + 1) {
		return losses.Asymmetric{
			GammaPos: pick(g, 0, 1, 2), GammaNeg: pick(g, 4, 0, 1, 2), Margin: pick(g, .0625, 0, .25),
		}
	} else if g.one(len(makers) / 2) {
		return []losses.Loss{losses.Sparsemax{}, losses.Entmax15{}}[g.IntN(2)]
	}
	return makers[g.IntN(len(makers))]()
}

func pick(g *generator, from ...float64) float64 { return from[g.IntN(len(from))] }

// options switches a few options of the criterion on.
func (g *generator) options() {
	c, b := &g.Criterion, g.Batch
	sigmoid := c.Link == losses.SigmoidLink
	if g.one(3) {
		c.Smoothing = losses.Smoothing{Rule: losses.SmoothingRule(g.IntN(3)), Alpha: pick(g, .1, .25, g.Float64())}
		if c.Smoothing.Rule == losses.SmoothNotebook && g.sumToOne() {
			c.Smoothing.Rule = losses.SmoothPrior
		}
		if c.Smoothing.Rule == losses.SmoothPrior && g.one(2) {
			if c.Smoothing.Prior = g.prior(b.K); sigmoid {
				c.Smoothing.Prior = g.prior(2)
			}
		}
	}
	if g.one(4) {
		c.ClassWeights = g.weights(b.K)
	}
	if sigmoid && g.one(3) {
		c.PosWeight = g.weights(b.K)
	}
	if b.Index != nil && g.one(3) {
		c.Ignore = []int{g.IntN(b.K)}
	}
	if c.FromProbs {
		return
	}
	if g.one(4) {
		if c.Temperature = pick(g, 2, .5, 3, 1./64, .1, 100, .1+3*g.Float64()); b.K > far {
			c.Temperature = max(c.Temperature, .5)
		}
	}
	if g.one(6) {
		for range b.K {
			c.LogitShift = append(c.LogitShift, 2*g.NormFloat64())
		}
	}
	if sigmoid {
		return
	}
	if g.one(6) {
		c.ZLoss = pick(g, 1e-4, .05, 1)
	}
	switch kind := g.IntN(12); {
	case kind == 0:
		for range b.K {
			c.Margins = append(c.Margins, pick(g, 0, .35, .5, 2*g.NormFloat64()))
		}
	case kind == 1 && g.hot():
		c.AngularMargin = pick(g, .5, .1, 3*g.Float64())
	}
}

// weights returns a number for each of k classes; under SigmoidLink sometimes one for all.
func (g *generator) weights(k int) (w []float64) {
	if g.Criterion.Link == losses.SigmoidLink && g.one(3) {
		k = 1
	}
	for range k {
		w = append(w, math.Exp(g.NormFloat64()))
	}
	return w
}

// prior returns k numbers that sum to 1.
func (g *generator) prior(k int) []float64 {
	prior, sum := make([]float64, k), 0.0
	for j := range prior {
		prior[j] = g.Float64()
		sum += prior[j]
	}
	for j := range prior {
		prior[j] /= sum
	}
	return prior
}
