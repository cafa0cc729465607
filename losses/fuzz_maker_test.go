package losses_test

import (
	"math"
	"slices"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// maker makes things of bytes; after the last come zeros.
type maker struct{ data []byte }

func (m *maker) below(n int) int {
	if len(m.data) == 0 {
		return 0
	}
	b := m.data[0]
	m.data = m.data[1:]
	return int(b) % n
}

// numbers are what tensors are filled with: a NaN with a payload is among them.
var numbers = []float64{
	0, 1, .5, .25, 1e-3, 2, 3, -20, 40, -1, 1e30, -1e30, 1e-40, 5e-324, math.MaxFloat32, math.MaxFloat64,
	math.Inf(1), math.Inf(-1),
	math.Float64frombits(0x7ff4_0000_dead_beef), math.Copysign(0, -1),
}

// number returns one of the first numbers, seldom any of them.
func (m *maker) number(first int) float64 {
	if m.below(64) == 63 {
		first = len(numbers)
	}
	return numbers[m.below(first)]
}

// criterion makes one that mostly fits logits with that number of classes along the last axis.
func (m *maker) criterion(classes int) losses.Criterion {
	all := losses.Losses()
	c := losses.Criterion{Loss: all[m.below(len(all))].Loss, Reduction: losses.Reduction(m.below(17) / 4),
		Axis: m.below(12) / 9}
	if m.below(4) == 1 {
		c.Loss = losses.WeightedSum{{Weight: m.number(4), Loss: c.Loss}, {Weight: 1, Loss: all[m.below(len(all))].Loss}}
	}
	if m.below(3) == 1 {
		c.Smoothing = losses.Smoothing{Rule: losses.SmoothingRule(m.below(13) / 4), Alpha: m.number(5)}
	}
	c.FromProbs = m.below(8) == 1
	if m.below(4) == 1 {
		c.Link = losses.SigmoidLink
		for range []int{0, 1, classes}[m.below(3)] {
			c.PosWeight = append(c.PosWeight, m.number(7))
		}
	} else if m.below(8) == 1 {
		for range classes {
			c.Margins = append(c.Margins, m.number(10))
		}
	} else if m.below(8) == 1 {
		c.AngularMargin = m.number(7)
	}
	if m.below(6) == 1 {
		c.Temperature, c.ZLoss = m.number(7), m.number(7)
	}
	if m.below(6) == 1 {
		for range classes {
			c.ClassWeights = append(c.ClassWeights, m.number(7))
			c.LogitShift = append(c.LogitShift, m.number(10))
		}
	}
	if m.below(6) == 1 {
		c.Ignore = []int{m.below(5) - 1}
	}
	return c
}

// inputs makes tensors that mostly fit each other.
func (m *maker) inputs(c losses.Criterion, shape tensor.Shape) (in losses.Inputs, out losses.Outputs) {
	dt := []tensor.Dtype{tensor.Float32, tensor.Float64}[m.below(2)]
	first := 10
	if c.FromProbs {
		first = 5
	}
	in.Logits = m.tensor(dt, shape, first)
	rowShape := tensor.Shape{}
	if err := c.Check(in.Logits.(*tensor.Dense), in.Logits.(*tensor.Dense)); err == nil {
		rowShape = c.RowShape(shape)
	}
	switch m.below(12) {
	case 0, 1, 2:
		dt := []tensor.Dtype{tensor.Int, tensor.Int64, tensor.Int32, tensor.Uint8, tensor.Int16}[m.below(5)]
		in.Target = m.tensor(dt, m.rows(c, shape, rowShape), 0)
	case 3:
		in.Target = m.tensor(dt, tensor.Shape{1 + m.below(3), 1 + m.below(3)}, 7)
	default:
		in.Target = m.tensor(dt, shape, 7)
	}
	if m.below(3) == 1 {
		in.SampleWeights = m.tensor(dt, m.rows(c, shape, rowShape), 7)
	}
	if m.below(8) != 1 {
		out.Grad = zeros(dt, shape)
	}
	switch {
	case c.Reduction == losses.None:
		out.Loss = zeros(dt, rowShape)
	default:
		out.Loss = zeros(dt, tensor.Shape{})
	}
	if m.below(3) == 1 {
		out.TargetGrad = zeros(dt, shape)
	}
	if in.SampleWeights != nil && m.below(2) == 1 {
		out.WeightGrad = zeros(dt, in.SampleWeights.Shape())
	}
	return in, out
}

// rows returns the shape of what rows of logits of a shape have one of: without the class axis,
// with one in its place, or as losses have it.
func (m *maker) rows(c losses.Criterion, shape, losses tensor.Shape) tensor.Shape {
	axis := len(shape) - 1
	if c.Axis != 0 {
		axis = min(axis, c.Axis)
	}
	switch m.below(4) {
	case 0:
		return slices.Delete(shape.Clone(), axis, axis+1)
	case 1:
		s := shape.Clone()
		s[axis] = 1
		return s
	}
	return losses
}

// share lets an output share memory with another tensor now and then, and reports whether it does.
func (m *maker) share(out *losses.Outputs, in losses.Inputs) bool {
	if m.below(8) != 1 || out.Grad == nil {
		return false
	}
	with := []tensor.Tensor{in.Logits, in.Target, out.TargetGrad}[m.below(3)]
	d, ok := with.(*tensor.Dense)
	if !ok || d == nil || d.Dtype() != out.Grad.Dtype() || d.DataSize() < out.Grad.DataSize() {
		return false
	}
	switch x := d.Data().(type) {
	case []float32:
		out.Grad = tensor.New(tensor.WithShape(out.Grad.Shape()...), tensor.WithBacking(x[:out.Grad.DataSize()]))
	case []float64:
		out.Grad = tensor.New(tensor.WithShape(out.Grad.Shape()...), tensor.WithBacking(x[:out.Grad.DataSize()]))
	default:
		return false
	}
	return true
}

// zeros returns a tensor of zeros.
func zeros(dt tensor.Dtype, shape tensor.Shape) *tensor.Dense {
	if shape.Dims() == 0 {
		if dt == tensor.Float32 {
			return tensor.New(tensor.FromScalar(float32(0)))
		}
		return tensor.New(tensor.FromScalar(float64(0)))
	}
	return tensor.New(tensor.Of(dt), tensor.WithShape(shape...))
}

// tensor returns a tensor of the shape, contiguous, transposed or a part of a larger one, filled
// with the first numbers.
func (m *maker) tensor(dt tensor.Dtype, shape tensor.Shape, first int) *tensor.Dense {
	if shape.Dims() == 0 {
		if dt == tensor.Int {
			return tensor.New(tensor.FromScalar(m.below(4)))
		}
		return zeros(tensor.Float64, shape)
	}
	whole := shape.Clone()
	layout := m.below(4)
	switch {
	case layout == 1: // transposed
		for i, n := range shape {
			whole[len(whole)-1-i] = n
		}
	case layout == 2: // a part along the first axis
		whole[0] += 2
	}
	d := tensor.New(tensor.Of(dt), tensor.WithShape(whole...))
	m.fill(d, first)
	switch {
	case layout == 1 && d.Dims() > 1:
		if d.T() != nil {
			return tensor.New(tensor.Of(dt), tensor.WithShape(shape...))
		}
	case layout == 2 && shape[0] > 1:
		if v, err := d.Slice(tensor.S(1, 1+shape[0])); err == nil {
			return v.(*tensor.Dense)
		}
	}
	return d
}

// fill fills a tensor with the first numbers.
func (m *maker) fill(d *tensor.Dense, first int) {
	for i := range d.DataSize() {
		x := 0.0
		if first > 0 {
			x = m.number(first)
		}
		switch data := d.Data().(type) {
		case []float32:
			data[i] = float32(x)
			if x != x {
				data[i] = math.Float32frombits(0x7fa0_beef)
			}
		case []float64:
			data[i] = x
		case []int:
			data[i] = m.below(min(4, 2+i)) - m.below(64)/63
		case []int64:
			data[i] = int64(m.below(2))
		case []int32:
			data[i] = int32(m.below(2))
		case []int16:
			data[i] = int16(m.below(3))
		case []uint8:
			data[i] = uint8(m.below(2))
		}
	}
}
