package losses_test

import (
	"fmt"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// BenchmarkLabelGrads is cross entropy and its gradients into tensors that are there: that of the
// logits alone, and those of soft labels too, as they are, smoothed, or with class weights.
func BenchmarkLabelGrads(b *testing.B) {
	for _, dt := range floatDtypes {
		for _, shape := range [][2]int{{1024, 10}, {1024, 100}, {256, 1000}} {
			x := labelBatch(dt, shape[0], shape[1])
			for _, o := range []struct {
				name   string
				c      losses.Criterion
				labels bool
			}{
				{"logits alone", losses.Criterion{}, false},
				{"labels", losses.Criterion{}, true},
				{"uniform", losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: 0.1}}, true},
				{"prior", losses.Criterion{Smoothing: losses.Smoothing{Alpha: 0.1}}, true},
				{"notebook", losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: 0.1}}, true},
				{"class weights", losses.Criterion{ClassWeights: repeat(x.k, one)}, true},
			} {
				b.Run(fmt.Sprintf("of=%s/dtype=f%d/n=%d/k=%d", o.name, 8*dt.Size(), x.n, x.k), func(b *testing.B) {
					x.bench(b, o.c, o.labels)
				})
			}
		}
	}
}

// labelBatch has n rows of labels whose sum is 1, none of which is 0.
func labelBatch(dt tensor.Dtype, n, k int) (x batch) {
	x = batch{dt: dt, n: n, k: k}
	x.z = repeat(n*k, func(i int) float64 { return float64(uint64(i)*2654435761%1024)/128 - 4 })
	x.t = repeat(n*k, func(i int) float64 { return float64(2*(i%k)+1) / float64(k*k) })
	return x
}

// bench measures c on b with the gradient by the logits, and with that by the labels, too.
func (b batch) bench(t *testing.B, c losses.Criterion, labels bool) {
	in, out := b.inputs(c), b.outputs(c)
	out.WeightGrad = nil
	if !labels {
		out.TargetGrad = nil
	}
	t.SetBytes(int64(b.n*b.k) * int64(b.dt.Size()))
	t.ReportAllocs()
	for t.Loop() {
		if err := c.EvalInto(out, in); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkLossLabelGrads is every loss with its gradient by the logits, without and with that of
// soft labels.
func BenchmarkLossLabelGrads(b *testing.B) {
	for _, e := range losses.Losses() {
		if !e.Has(losses.SoftmaxLink) {
			continue
		}
		for _, dt := range floatDtypes {
			for _, shape := range [][2]int{{1024, 10}, {1024, 100}, {256, 1000}} {
				x := labelBatch(dt, shape[0], shape[1])
				for _, of := range []string{"logits", "labels"} {
					b.Run(fmt.Sprintf("loss=%s/of=%s/dtype=f%d/n=%d/k=%d", e.Name, of, 8*dt.Size(), x.n, x.k), func(b *testing.B) {
						x.bench(b, losses.Criterion{Loss: e.Loss}, of == "labels")
					})
				}
			}
		}
	}
}
