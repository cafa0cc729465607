package losses

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// CheckGradient compares the derivatives that a loss's Row stores, Grad and TargetGrad, with
// central differences of the value that it returns. It is for the tests of a loss of your own:
// training with a wrong gradient, or one that was forgotten, gives no error, only a poor model. It
// looks at ten rows of the given number of classes, some one-hot and some with soft labels, the
// same every time, and wants six digits. A loss with a kink may fail where a row is on it. A loss
// that is for [SigmoidLink] alone is checked under that link, and one that wants labels with the
// sum 1 along changes that keep it.
//
// Errors: [ErrParam] unless 2 <= classes <= 4096 (its time grows with their square), [ErrLoss] for
// a derivative that differs, and those of [Criterion.Eval].
func CheckGradient(l Loss, classes int) error {
	if classes < 2 || classes > 4096 {
		return argError(ErrParam, "classes", classes, "is out of range", "2 to 4096")
	}
	r := rand.New(rand.NewPCG(1, uint64(classes)))
	c := Criterion{Loss: l, Reduction: Sum}
	if n, ok := l.(interface{ needsElements() bool }); ok && n.needsElements() {
		c.Link = SigmoidLink
	}
	for row := range 10 {
		z, t := make([]float64, classes), make([]float64, classes)
		sum := 0.0
		for k := range z {
			z[k] = float64(1+row%3) * r.NormFloat64()
			t[k] = 0.05 + r.Float64()
			sum += t[k]
		}
		for k := range t {
			if t[k] /= sum; row%2 == 0 {
				t[k] = 0
			}
		}
		if row%2 == 0 {
			t[r.IntN(classes)] = 1
		}
		if err := c.checkRow(z, t); err != nil {
			return err
		}
	}
	return nil
}

// checkRow is CheckGradient for one row of logits and labels. Labels of 0 are not moved: a loss may
// have a kink there. Where their sum must stay 1 the label before goes the other way.
func (c Criterion) checkRow(z, t []float64) error {
	shape := tensor.WithShape(1, len(z))
	logits, labels := tensor.New(shape, tensor.WithBacking(z)), tensor.New(shape, tensor.WithBacking(t))
	out := Outputs{Loss: dense.New(tensor.Float64), Grad: tensor.New(tensor.Of(tensor.Float64), shape),
		TargetGrad: tensor.New(tensor.Of(tensor.Float64), shape)}
	in := Inputs{Logits: logits, Target: labels}
	if err := c.EvalInto(out, in); err != nil {
		return err
	}
	for _, d := range []struct {
		name string
		x    []float64
		got  []float64
	}{
		{"logit", z, dense.Memory[float64](out.Grad)},
		{"label", t, dense.Memory[float64](out.TargetGrad)},
	} {
		shares := d.name == "label" && c.Link == SoftmaxLink && needsShares(c.Loss)
		for k, x := range d.x {
			if d.name == "label" && (x == 0 || x == 1 && (shares || c.Link == SigmoidLink)) {
				continue
			}
			before := (k + len(d.x) - 1) % len(d.x)
			y := d.x[before]
			h := 1e-4 * math.Abs(x)
			if d.name == "logit" {
				h = max(h, 1e-5)
			}
			var ends [2]float64
			for i, to := range []float64{x - h, x + h} {
				if d.x[k] = to; shares {
					d.x[before] = y + x - to
				}
				if err := c.EvalInto(Outputs{Loss: out.Loss}, in); err != nil {
					return err
				}
				ends[i] = dense.Memory[float64](out.Loss)[0]
			}
			d.x[k] = x
			want, got := (ends[1]-ends[0])/(2*h), d.got[k]
			if shares {
				d.x[before] = y
				got -= d.got[before]
			}
			if !(math.Abs(got-want) <= 1e-6*(1+math.Abs(want))) {
				where := ""
				if len(z) <= 8 {
					where = fmt.Sprintf(" (logits %.4g, labels %.4g)", z, t)
				}
				return argError(ErrLoss, "loss", fmt.Sprintf("%T: the derivative by %s %d", c.Loss, d.name, k),
					fmt.Sprintf("is %.7g", got),
					fmt.Sprintf("%.7g, as differences of the value have it%s", want, where))
			}
		}
	}
	return nil
}
