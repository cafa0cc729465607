package train

import (
	"fmt"
	"slices"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/baseop"
	"softloss/internal/phrase"
	"softloss/losses"
	"softloss/train/dataset"
)

// distillation is what a student learns from a teacher (Hinton, Vinyals and Dean 2015,
// arXiv:1503.02531, section 2). With z the student's logits and v the teacher's, what is minimised
// is
//
//	(1-w) C(z, labels) + w T² CE(z/T, softmax(v/T))
//
// C the criterion and CE plain cross entropy, both with the rows' weights and the criterion's
// reduction and link. The teacher's labels are its probabilities of v/T: under SigmoidLink σ(v/T),
// and those of its loss where that has a map of its own. A Temperature of a criterion divides its
// logits besides. The paper's T² keeps the size of the second gradient, which is near (z-v)/K for a
// high T, when T changes.
type distillation struct {
	teacher     *Model
	temperature float64       // T
	weight      float64       // w
	known       *tensor.Dense // [N, K] the teacher's labels of the training rows; nil where they depend on the batch
}

// newDistillation returns nil when there is no teacher.
func newDistillation(cfg Config, set *dataset.Dataset) (*distillation, error) {
	if cfg.Teacher == nil {
		return nil, nil
	}
	d := &distillation{teacher: cfg.Teacher, temperature: cfg.TeacherTemperature, weight: cfg.TeacherWeight}
	if cfg.Mixup > 0 {
		return d, nil // the teacher sees the mixed rows
	}
	var err error
	d.known, err = d.labels(set.Features)
	return d, err
}

// labels returns the probabilities that the teacher makes of its logits divided by T.
func (d *distillation) labels(features *tensor.Dense) (*tensor.Dense, error) {
	v, err := d.teacher.Logits(features)
	if err != nil {
		return nil, wrap(err, "teacher")
	}
	p, err := atTemperature(d.teacher.criterion, d.temperature).Probs(v)
	if err != nil {
		return nil, wrap(err, "teacher")
	}
	for at, x := range p.Float32s() {
		if k := p.Shape()[1]; x != x {
			return nil, fail(ErrValue, "teacher: row %d: got logits that are not finite at temperature %v, want finite ones",
				at/k, d.temperature)
		}
	}
	return p, nil
}

// load puts the teacher's labels of what the network has loaded, these rows of the training set,
// into its input.
func (d *distillation) load(n *network, rows []int) error {
	if d.known != nil {
		return dataset.Gather(n.soft, d.known, rows)
	}
	p, err := d.labels(n.features)
	if err == nil {
		copy(n.soft.Float32s(), p.Float32s())
	}
	return err
}

// criterion is CE of z/T, with the link and the reduction of the student's criterion.
func (d *distillation) criterion(c losses.Criterion) losses.Criterion {
	return atTemperature(losses.Criterion{Link: c.Link, Reduction: c.Reduction, Temperature: c.Temperature}, d.temperature)
}

// atTemperature returns a criterion of logits that are divided by t too.
func atTemperature(c losses.Criterion, t float64) losses.Criterion {
	if c.Temperature != 0 {
		t *= c.Temperature
	}
	c.Temperature = t
	return c
}

// factors are those of the two losses in what is minimised.
func (d *distillation) factors() []float64 {
	return []float64{1 - d.weight, d.weight * d.temperature * d.temperature}
}

// sumOp is (x_0, x_1, …) → Σ c_i x_i of float32 scalars, summed in float64.
type sumOp struct {
	baseop.Base
	first int       // the number of x_0 and c_0 in the sum that this is one of, or a part of
	c     []float64 // the network's own, which may change from run to run
}

var _ gorgonia.SDOp = (*sumOp)(nil)

func newSumOp(first int, c []float64) *sumOp {
	text := fmt.Sprintf("train: sum of losses %d to %d, each times its factor", first, first+len(c)-1)
	return &sumOp{Base: baseop.Base{Inputs: len(c), Text: text}, first: first, c: c}
}

// Type implements gorgonia.Op.
func (o *sumOp) Type() hm.Type {
	return hm.NewFnType(slices.Repeat([]hm.Type{tensor.Float32}, len(o.c)+1)...)
}

// InferShape implements gorgonia.Op.
func (o *sumOp) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return tensor.ScalarShape(), nil
}

// Do implements gorgonia.Op.
func (o *sumOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	if len(in) != len(o.c) {
		return nil, fail(ErrMismatch, "%v: got %s, want %d", o, phrase.Plural(len(in), "input"), len(o.c))
	}
	var sum float64
	for i, v := range in {
		x, ok := v.(*gorgonia.F32)
		if !ok {
			return nil, fail(ErrDtype, "%v: input %d: got %T, want a float32 scalar", o, i, v)
		}
		sum += o.c[i] * float64(*x)
	}
	return gorgonia.NewF32(float32(sum)), nil
}

// DiffWRT implements gorgonia.SDOp.
func (o *sumOp) DiffWRT(n int) []bool { return slices.Repeat([]bool{true}, n) }

// SymDiff implements gorgonia.SDOp: dx_i = c_i times the upstream gradient.
func (o *sumOp) SymDiff(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	out := make(gorgonia.Nodes, len(o.c))
	for i := range o.c {
		var err error
		if out[i], err = gorgonia.ApplyOp(newSumOp(o.first+i, o.c[i:i+1]), grad); err != nil {
			return nil, err
		}
	}
	return out, nil
}
