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
// a value that is NaN or infinite and a derivative that differs, and those of [Criterion.Eval].
func CheckGradient(l Loss, classes int) error {
	if classes < 2 || classes > 4096 {
		return argError(ErrParam, "classes", classes, "is out of range", "2 to 4096")
	}
	r := rand.New(rand.NewPCG(1, uint64(classes)))
	c := Criterion{Loss: l, Reduction: Sum}
	if err := checkLoss(c.loss()); err != nil {
		return within("loss", err)
	}
	if demandsOf(l).questions {
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

// checkRow is CheckGradient for one row of logits and labels.
func (c Criterion) checkRow(z, t []float64) error {
	shape := tensor.WithShape(1, len(z))
	in := Inputs{Logits: tensor.New(shape, tensor.WithBacking(z)), Target: tensor.New(shape, tensor.WithBacking(t))}
	out := Outputs{Loss: dense.New(tensor.Float64), Grad: tensor.New(tensor.Of(tensor.Float64), shape),
		TargetGrad: tensor.New(tensor.Of(tensor.Float64), shape)}
	if err := c.EvalInto(out, in); err != nil {
		return err
	}
	where := ""
	if len(z) <= 8 {
		where = fmt.Sprintf(" (logits %.4g, labels %.4g)", z, t)
	}
	if v := dense.Memory[float64](out.Loss)[0]; v-v != 0 {
		return argError(ErrLoss, "loss", fmt.Sprintf("%T: the value", c.Loss), fmt.Sprintf("is %v", v),
			"a finite number"+where)
	}
	value := func() (float64, error) {
		err := c.EvalInto(Outputs{Loss: out.Loss}, in)
		return dense.Memory[float64](out.Loss)[0], err
	}
	for _, d := range []derivatives{
		{name: "logit", x: z, of: dense.Memory[float64](out.Grad), least: 1e-5},
		{name: "label", x: t, of: dense.Memory[float64](out.TargetGrad),
			sumToOne: c.Link == SoftmaxLink && demandsOf(c.Loss).sumToOne},
	} {
		for k, x := range d.x {
			// Labels of 0 are not moved: a loss may have a kink there.
			if d.name == "label" && (x == 0 || x == 1 && (d.sumToOne || c.Link == SigmoidLink)) {
				continue
			}
			got, want, err := d.compare(k, value)
			if err != nil {
				return err
			}
			if !(math.Abs(got-want) <= 1e-6*(1+math.Abs(want))) {
				return argError(ErrLoss, "loss", fmt.Sprintf("%T: the derivative by %s %d", c.Loss, d.name, k),
					fmt.Sprintf("is %.7g", got),
					fmt.Sprintf("%.7g, as differences of the value have it%s", want, where))
			}
		}
	}
	return nil
}

// derivatives are those of a value by the numbers x.
type derivatives struct {
	name     string
	x, of    []float64
	least    float64 // no number is moved by less
	sumToOne bool    // the sum of x must stay: when a number is moved the one before goes the other way
}

// compare returns the derivative by number k, and the difference of the value that it should be.
func (d derivatives) compare(k int, value func() (float64, error)) (got, want float64, err error) {
	before := (k + len(d.x) - 1) % len(d.x)
	x, y := d.x[k], d.x[before]
	h := max(1e-4*math.Abs(x), d.least)
	var ends [2]float64
	for i, to := range []float64{x - h, x + h} {
		if d.x[k] = to; d.sumToOne {
			d.x[before] = y + x - to
		}
		if ends[i], err = value(); err != nil {
			return 0, 0, err
		}
	}
	got = d.of[k]
	if d.x[k] = x; d.sumToOne {
		d.x[before] = y
		got -= d.of[before]
	}
	return got, (ends[1] - ends[0]) / (2 * h), nil
}
