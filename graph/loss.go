package graph

import (
	"fmt"
	"slices"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses"
)

// loss is a criterion as an op: (logits, target[, sample weights]) → loss.
type loss struct {
	criterion losses.Criterion
	weighted  bool // input 2 are sample weights
}

// newLoss returns the op of a criterion on operands that go together. It has a copy of the
// criterion, so that it goes on computing what its text says.
func newLoss(c losses.Criterion, logits, target losses.Operand, o Options) *forwardOp {
	c = c.Clone()
	l := loss{c, o.SampleWeights != nil}
	z := logits.Shape()
	in, wrt := []kind{{arg: "logits", dims: len(z)}, targetKind(target, logits)}, []bool{true, o.TargetGrad}
	if o.SampleWeights != nil {
		in, wrt = append(in, o.weightsKind()), append(wrt, o.WeightGrad)
	}
	if o.ReuseGrad {
		in, wrt = append(in, kind{arg: memoryName, dims: len(z)}), append(wrt, false)
	}
	out := kind{arg: "loss", dims: len(lossShape(c, z))}
	text := fmt.Sprintf("softloss{%s logits=%d target=%v(%d) inputs=%d wrt=%v reuse=%t}", c.Key(), len(z),
		target.Dtype(), len(target.Shape()), len(in), wrt, o.ReuseGrad)
	op := &forwardOp{function: newFunction(text, in, out), wrt: wrt}
	op.shape = func(in []tensor.Shape) tensor.Shape { return lossShape(c, in[0]) }
	op.run = func(in []*tensor.Dense) (*tensor.Dense, error) {
		x := l.inputs(in)
		out := dense.New(x.Logits.Dtype(), lossShape(c, x.Logits.Shape())...)
		return out, c.EvalInto(losses.Outputs{Loss: out}, x)
	}
	op.gradient, op.second, op.noSecond, op.changed = l.gradient, l.second, l.noSecond, changes(c)
	if o.ReuseGrad {
		op.carry = &carry{gradients: l.gradients, ahead: true, memory: true}
	}
	return op
}

// targetKind is the kind of a target beside floats of a dtype, which labels have, too.
func targetKind(target, floats losses.Operand) kind {
	k := kind{arg: "target", dims: len(target.Shape())}
	if target.Dtype() != floats.Dtype() {
		k.of = target.Dtype()
	}
	return k
}

// changes returns what reports whether the key of a criterion is another one by now: what a loss of
// a user's points to, which its copies share, may have been written into.
func changes(c losses.Criterion) func() bool {
	key := c.Key()
	return func() bool { return c.Key() != key }
}

// lossShape returns the shape of a criterion's loss of logits of shape s.
func lossShape(c losses.Criterion, s tensor.Shape) tensor.Shape {
	if c.Reduction == losses.None {
		return c.RowShape(s)
	}
	return tensor.ScalarShape()
}

// inputs returns the op's inputs for package losses.
func (l loss) inputs(in []*tensor.Dense) losses.Inputs {
	x := losses.Inputs{Logits: in[0], Target: in[1]}
	if l.weighted {
		x.SampleWeights = in[2]
	}
	return x
}

// gradient implements forwardOp.gradient.
func (l loss) gradient(i int, in []*tensor.Dense, upstream *tensor.Dense) (*tensor.Dense, error) {
	x := l.inputs(in)
	x.Upstream = upstream
	return l.eval(i, len(in), in[i].Shape(), x)
}

// second implements forwardOp.second.
func (l loss) second(i int, in []*tensor.Dense, u, v *tensor.Dense) (*tensor.Dense, error) {
	x := l.inputs(in)
	x.Upstream, x.Direction = u, v
	return l.eval(i, len(in), slices.Concat(in, []*tensor.Dense{u})[i].Shape(), x)
}

// gradients implements carry.gradients for the gradient by the logits. The others would give it
// other last digits if they were computed with it.
func (l loss) gradients(in []*tensor.Dense, upstream *tensor.Dense, beside bool) (loss *tensor.Dense,
	grads []*tensor.Dense, err error) {
	x := l.inputs(in)
	x.Upstream = upstream
	grads = make([]*tensor.Dense, len(in))
	if !beside {
		grads[0], err = l.eval(0, len(in), in[0].Shape(), x)
		return nil, grads, err
	}
	grads[0], loss = over(in[len(in)-1]), dense.New(in[0].Dtype())
	return loss, grads, l.criterion.EvalInto(losses.Outputs{Loss: loss, Grad: grads[0]}, x)
}

// eval returns the gradient by input i out of n, of the shape of the input, or the loss when i is
// n.
func (l loss) eval(i, n int, shape tensor.Shape, x losses.Inputs) (*tensor.Dense, error) {
	out := dense.Unset(x.Logits.Dtype(), shape...)
	var dst losses.Outputs
	switch {
	case i == n:
		dst.Loss = out
	case i == 0:
		dst.Grad = out
	case i == 1:
		dst.TargetGrad = out
	default:
		dst.WeightGrad = out
	}
	return out, l.criterion.EvalInto(dst, x)
}

// noSecond implements forwardOp.noSecond: only the gradient by the logits, of a loss that has
// second derivatives, has a derivative.
func (l loss) noSecond(i int) error {
	switch {
	case i != 0:
		arg := [...]string{1: "labels", 2: "sample weights"}[i]
		return argError(ErrNode, arg, "the gradient of a loss by them", "has no derivative here",
			"a nil vector for them")
	case l.criterion.TwiceDifferentiable():
		return nil
	case l.criterion.FromProbs:
		return argError(losses.ErrLoss, "loss", l.criterion.Key(), "has no second derivatives",
			"logits instead of probabilities")
	}
	return argError(losses.ErrLoss, "loss", l.criterion.Key(), "has no second derivatives",
		"one that is TwiceDifferentiable")
}
