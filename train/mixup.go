package train

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
	"softloss/train/dataset"
)

// mixer mixes the rows of a mini-batch with one another: mixup (Zhang, Cissé, Dauphin and
// Lopez-Paz, ICLR 2018, arXiv:1710.09412). With one λ ~ Beta(α, α) and one permutation π a batch,
// as in the authors' own code, row i becomes
//
//	x_i ← λ x_i + (1-λ) x_π(i)
//
// and so do its labels and its sample weight s_i, the labels weighted by them:
//
//	t_i ← (λ s_i t_i + (1-λ) s_π(i) t_π(i)) / s'_i,   s'_i = λ s_i + (1-λ) s_π(i)
//
// so that a loss that is linear in the labels is the mixture of the two rows' own losses. λ and π
// depend on the seed, the epoch and the batch alone.
type mixer struct {
	alpha            float64
	seed             uint64
	features, labels *tensor.Dense // [B, D], [B, K]: the rows of the permutation
	weights          []float32     // [B]
	partners         []int         // of the rows of a batch
}

// newMixer returns nil when alpha is 0.
func newMixer(alpha float64, seed uint64, n *network) *mixer {
	if alpha == 0 {
		return nil
	}
	like := func(t *tensor.Dense) *tensor.Dense { return dense.New(tensor.Float32, t.Shape()...) }
	return &mixer{
		alpha: alpha, seed: seed,
		features: like(n.features), labels: like(n.labels), weights: make([]float32, n.weights.Shape()[0]),
	}
}

// draw returns λ and the rows that the rows of a batch are mixed with; the batch and its epoch are
// counted from 1.
func (x *mixer) draw(rows []int, epoch, batch int) (lambda float64, partners []int) {
	lambda, order := mixture(x.alpha, x.seed, epoch, batch, len(rows))
	x.partners = x.partners[:0]
	for _, i := range order {
		x.partners = append(x.partners, rows[i])
	}
	return lambda, x.partners
}

// mix changes what the network has loaded: rows of the training set.
func (x *mixer) mix(n *network, set *dataset.Dataset, p portion, weights []float32) error {
	rows, lambda := p.rows, p.lambda
	if err := gatherRows(x.features, x.labels, x.weights, set, p.partners, weights); err != nil {
		return err
	}
	a, b := n.features.Float32s(), x.features.Float32s()
	d, k := n.features.Shape()[1], n.labels.Shape()[1]
	keep, other := float32(lambda), float32(1-lambda)
	for i, v := range a[:len(rows)*d] {
		a[i] = keep*v + other*b[i]
	}
	s, t := n.weights.Float32s(), n.labels.Float32s()
	mixed, err := losses.MixLabels(weighed(n.labels, s), weighed(x.labels, x.weights), lambda)
	if err != nil {
		return err
	}
	for i := range rows {
		mass := lambda*float64(s[i]) + (1-lambda)*float64(x.weights[i])
		for j := i * k; j < (i+1)*k; j++ {
			t[j] = float32(mixed.Float64s()[j] / mass)
		}
		s[i] = max(float32(mass), math.SmallestNonzeroFloat32) // a weight of 0 would remove the row
	}
	return nil
}

// weighed returns s_i t_i, the rows of labels times their weights, in float64.
func weighed(labels *tensor.Dense, weights []float32) *tensor.Dense {
	out := dense.New(tensor.Float64, labels.Shape()...)
	data, k := out.Float64s(), labels.Shape()[1]
	for at, t := range labels.Float32s() {
		data[at] = float64(weights[at/k]) * float64(t)
	}
	return out
}

// mixture returns λ and π of a batch of n rows.
func mixture(alpha float64, seed uint64, epoch, batch, n int) (lambda float64, order []int) {
	const stream = 0x6d69787570 // apart from other uses of the seed
	var key [32]byte
	for i, v := range []uint64{seed, stream, uint64(epoch), uint64(batch)} {
		binary.LittleEndian.PutUint64(key[8*i:], v)
	}
	r := rand.New(rand.NewChaCha8(key))
	return betaNumber(r, alpha), r.Perm(n)
}

// betaNumber returns a number of Beta(α, α): x/(x+y) of two numbers of Gamma(α), from their
// logarithms, which a small α does not take to 0/0.
func betaNumber(r *rand.Rand, alpha float64) float64 {
	x, y := logGammaNumber(r, alpha), logGammaNumber(r, alpha)
	return 1 / (1 + math.Exp(y-x))
}

// logGammaNumber returns the logarithm of a number of Gamma(α): Marsaglia and Tsang's rejection for
// α+1 (ACM TOMS 26, 2000), and Gamma(α) = Gamma(α+1) U^(1/α).
func logGammaNumber(r *rand.Rand, alpha float64) float64 {
	d := alpha + 1 - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		z := r.NormFloat64()
		v := 1 + c*z
		if v <= 0 {
			continue
		}
		v *= v * v
		if u := 1 - r.Float64(); math.Log(u) < z*z/2+d-d*v+d*math.Log(v) {
			return math.Log(d*v) + math.Log(1-r.Float64())/alpha
		}
	}
}
