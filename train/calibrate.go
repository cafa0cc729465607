package train

import (
	"math"

	"gorgonia.org/tensor"

	"softloss/train/dataset"
)

// Temperature scaling divides the logits by one number T > 0, found on validation data, so that the model's confidence becomes its
// accuracy; the predicted classes stay. A network trained long is too sure of itself: T > 1.

// FitTemperature returns the T > 0 that minimises the negative log likelihood of the labels.
//
//	L(s) = -Σ_n Σ_k t_nk log softmax(s z_n)_k,   s = 1/T
//	L'(s) = Σ_n Σ_k (m_n p_nk - t_nk) z_nk,      m_n = Σ_k t_nk,   p_n = softmax(s z_n)
//
// L is convex in s, so that L'(s) = 0 has one solution, found by Newton's method within a bracket, down to the resolution of float64: the
// computed L' changes its sign at s. Labels may be soft; a row whose labels sum to m counts m times.
//
// Shapes: logits and labels [N, K], float32 or float64, views too; validation data, not what the model was trained on.
//
// Errors: [ErrEmpty], [ErrMismatch], [ErrDtype]; [ErrValue] for a logit that is not finite or beyond ±1e300, for a label that is negative
// or not finite, and where L has no minimum:
//
//	every label on a largest logit of its row    L falls for T → 0: no logits are too large
//	the logits say less than none would          L falls for T → ∞ and beyond
//
// Source: Guo, Pleiss, Sun and Weinberger, ICML 2017, arXiv:1706.04599, section 4.2.
func FitTemperature(logits, labels *tensor.Dense) (float64, error) {
	z, err := tableOf("logits", logits)
	if err != nil {
		return 0, err
	}
	t, err := tableOf("labels", labels)
	if err != nil {
		return 0, err
	}
	if z.n != t.n || z.k != t.k {
		return 0, fail(ErrMismatch, "labels: got shape (%d, %d), want (%d, %d) as logits", t.n, t.k, z.n, z.k)
	}
	if err := z.check(-1e300, 1e300, "a number from -1e300 to 1e300"); err != nil {
		return 0, err
	}
	if err := t.check(0, math.MaxFloat64, "a finite number >= 0"); err != nil {
		return 0, err
	}
	c := newCooling(z, t)
	s, err := c.minimum()
	if err != nil {
		return 0, err
	}
	// s is of logits that were divided by c.spread.
	temperature := c.spread / s
	if !(temperature > 0 && temperature <= math.MaxFloat64) {
		return 0, fail(ErrValue, "logits: the temperature that fits them is beyond float64: got %v", temperature)
	}
	return temperature, nil
}

// FitTemperature returns the temperature of a model: [FitTemperature] of its logits on validation data. Where the set has Counts, row n
// counts c_n times.
//
// Errors: those of [Model.Evaluate] and of FitTemperature.
func (m *Model) FitTemperature(set *dataset.Dataset) (float64, error) {
	if err := m.accepts(set); err != nil {
		return 0, err
	}
	z, err := m.Logits(set.Features)
	if err != nil {
		return 0, err
	}
	labels := set.Labels
	if set.Counts != nil {
		t, err := tableOf("labels", set.Labels)
		if err != nil {
			return 0, err
		}
		data := make([]float64, t.n*t.k)
		for at := range data {
			data[at] = set.Counts[at/t.k] * t.at(at/t.k, at%t.k)
		}
		labels = tensor.New(tensor.WithShape(t.n, t.k), tensor.WithBacking(data))
	}
	return FitTemperature(z, labels)
}

// cooling is L of FitTemperature on logits shifted by the row's largest and divided by the largest distance, in [-1, 0].
type cooling struct {
	k      int
	d, t   []float64 // [N, K]; the labels divided by the largest label
	spread float64
	passes int // over the data
}

func newCooling(z, t table) *cooling {
	c := &cooling{k: z.k, d: make([]float64, z.n*z.k), t: make([]float64, z.n*z.k)}
	largest := 0.0
	for i := range z.n {
		top := z.at(i, z.argmax(i))
		for j := range z.k {
			at := i*z.k + j
			c.d[at], c.t[at] = z.at(i, j)-top, t.at(i, j)
			c.spread, largest = max(c.spread, -c.d[at]), max(largest, c.t[at])
		}
	}
	for at := range c.d {
		c.d[at] /= max(c.spread, math.SmallestNonzeroFloat64)
		c.t[at] /= max(largest, math.SmallestNonzeroFloat64)
	}
	return c
}

// slope returns the first two derivatives of L, the second one Σ_n m_n Var_p(d) with 0 for its rounding below 0; s >= 0.
func (c *cooling) slope(s float64) (first, second float64) {
	c.passes++
	for at := 0; at < len(c.d); at += c.k {
		d, t := c.d[at:at+c.k], c.t[at:at+c.k]
		var mass, have, sum, mean, square float64
		for j, v := range d {
			e := math.Exp(s * v)
			sum += e
			mean += e * v
			square += e * v * v
			mass += t[j]
			have += t[j] * v
		}
		mean /= sum
		first += mass*mean - have
		second += mass * max(square/sum-mean*mean, 0)
	}
	return first, second
}

// minimum returns the s where L' changes its sign.
func (c *cooling) minimum() (float64, error) {
	missed, mass := 0.0, 0.0 // missed is -lim L'(s) for s → ∞
	for at, v := range c.d {
		missed += c.t[at] * v
		mass += c.t[at]
	}
	// As |d| <= 1, L'(0) is a sum of terms of the size of mass: what is below 1e-14 of it is rounding.
	if start, _ := c.slope(0); !(start < -1e-14*mass) {
		return 0, fail(ErrValue, "logits: no temperature fits them: they say no more about the labels than equal logits would")
	}
	if missed == 0 {
		return 0, fail(ErrValue, "logits: no temperature fits them: every label is on the largest logit, so that the likelihood only grows as T falls to 0; use more data")
	}
	lo, hi := 0.0, 1.0
	for {
		if g, _ := c.slope(hi); !(g < 0) {
			break
		}
		if lo, hi = hi, 2*hi; math.IsInf(hi, 0) {
			return 0, fail(ErrValue, "logits: no temperature fits them: the likelihood grows down to the smallest T")
		}
	}
	// L'(lo) < 0 <= L'(hi). Newton's step from the last point, or the middle where it leaves the bracket or is slow.
	s := hi
	for range 4000 {
		middle := lo + (hi-lo)/2
		if middle <= lo || middle >= hi {
			break
		}
		g, curve := c.slope(s)
		if g < 0 {
			lo = max(lo, s)
		} else {
			hi = min(hi, s)
		}
		next := s - g/curve
		if width := hi - lo; !(next > lo && next < hi) || math.Abs(next-s) > width/2 {
			next = middle
		} else if math.Abs(next-s) < 1e-15*s {
			// Converged from one side: look just beyond, so that the bracket closes from the other.
			next = min(max(s-math.Copysign(4e-16*s, g), math.Nextafter(lo, hi)), math.Nextafter(hi, lo))
		}
		s = next
	}
	return hi, nil
}

// ScaleTemperature returns logits divided by a temperature, a new row-major tensor of their dtype: what losses.Softmax makes calibrated
// probabilities of.
//
//	out_nk = logits_nk / T,   computed in float64
//
// Shapes: logits [N, K] float32 or float64, the result too; T = 1 gives a copy.
// Errors: [ErrEmpty], [ErrMismatch], [ErrDtype]; [ErrValue] unless T is finite and above 0.
func ScaleTemperature(logits *tensor.Dense, temperature float64) (*tensor.Dense, error) {
	z, err := tableOf("logits", logits)
	if err != nil {
		return nil, err
	}
	if !(temperature > 0 && temperature <= math.MaxFloat64) {
		return nil, fail(ErrValue, "temperature: got %v, want a finite number above 0", temperature)
	}
	out := tensor.New(tensor.Of(logits.Dtype()), tensor.WithShape(z.n, z.k))
	for i := range z.n {
		for j := range z.k {
			v := z.at(i, j) / temperature
			if z.f32 != nil {
				out.Float32s()[i*z.k+j] = float32(v)
			} else {
				out.Float64s()[i*z.k+j] = v
			}
		}
	}
	return out, nil
}

// Bin is one bar of a reliability diagram: the rows whose top probability lies in (Low, High], in the first bin in [0, High].
type Bin struct {
	Low, High  float64
	Count      int     // rows in it
	Confidence float64 // mean of their top probabilities; 0 for an empty bin
	Accuracy   float64 // share of them whose class is predicted, see [Accuracy]; 0 for an empty bin
}

// Reliability returns the bins of a reliability diagram, of equal width on [0, 1], the empty ones too. Those of [ECE] are the same:
//
//	ECE = Σ_b Count_b/N |Accuracy_b - Confidence_b|
//
// Shapes: probs and labels [N, K], float32 or float64. Errors: those of [ECE].
// Source: Guo et al., ICML 2017, arXiv:1706.04599, section 2.
func Reliability(probs, labels *tensor.Dense, bins int) ([]Bin, error) {
	p, t, err := predictionTables(probs, labels, true)
	if err != nil {
		return nil, err
	}
	if err := checkBins(bins); err != nil {
		return nil, err
	}
	out := make([]Bin, bins)
	for i, b := range binned(p, t, bins, nil) {
		out[i] = Bin{Low: float64(i) / float64(bins), High: float64(i+1) / float64(bins), Count: b.rows}
		if b.rows > 0 {
			out[i].Confidence, out[i].Accuracy = b.confidence/b.mass, b.right/b.mass
		}
	}
	return out, nil
}

func checkBins(bins int) error {
	if bins < 1 || bins > 1<<20 {
		return fail(ErrConfig, "bins: got %d, want a number in 1..%d", bins, 1<<20)
	}
	return nil
}

// binSums are sums over the rows of a bin.
type binSums struct {
	rows              int
	mass              float64 // of the weights
	confidence, right float64 // of the weights times the top probability, and of those of the rows whose class is predicted
}

// binned is the one place that deals rows out to the bins of [Reliability] and [ECE]; weights may be nil for 1 each.
func binned(p, t table, bins int, weights []float64) []binSums {
	out := make([]binSums, bins)
	for i := range p.n {
		top, s := p.argmax(i), weight(weights, i)
		// Exact for float32: a product of 24 and at most 20 bits.
		at := int(math.Ceil(p.at(i, top)*float64(bins))) - 1
		b := &out[min(max(at, 0), bins-1)]
		b.rows++
		b.mass += s
		b.confidence += s * p.at(i, top)
		if top == t.argmax(i) {
			b.right += s
		}
	}
	return out
}
