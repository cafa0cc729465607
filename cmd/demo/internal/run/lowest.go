package run

import (
	"math"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/record"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
	"softloss/train/metric"
)

// lowestLoss returns the loss of the best possible prediction of every row, its own smoothed
// label τ / Στ. For cross entropy that is Στ times the entropy of that label; nothing can be below.
// It is computed by the criterion itself, at the logits log τ.
func lowestLoss(c losses.Criterion, d *dataset.Dataset) (record.Float, error) {
	_, t, weights := metric.AsClasses(c.Link, d.Labels, d.Labels, train.RowWeights(d))
	c.Link = losses.SoftmaxLink // of pairs, too
	labels := make([]float64, t.Shape().TotalSize())
	for i, v := range t.Float32s() {
		labels[i] = float64(v)
	}
	soft, err := c.Smoothing.Apply(tensor.New(tensor.WithShape(t.Shape()...), tensor.WithBacking(labels)))
	if err != nil {
		return record.Unknown, err
	}
	logits := soft.Clone().(*tensor.Dense)
	for i, t := range logits.Float64s() {
		logits.Float64s()[i] = math.Log(t)
	}
	in := losses.Inputs{Logits: logits, Target: soft}
	if weights != nil {
		in.SampleWeights = tensor.New(tensor.WithShape(len(weights)), tensor.WithBacking(weights))
	}
	out := tensor.New(tensor.FromScalar(0.0))
	c.Smoothing = losses.Smoothing{}
	if err := c.EvalInto(losses.Outputs{Loss: out}, in); err != nil {
		return record.Unknown, err
	}
	return record.Float(out.Float64s()[0]), nil
}
