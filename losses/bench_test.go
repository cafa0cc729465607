package losses_test

import (
	"fmt"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// BenchmarkEvalGrad evaluates loss and gradient into tensors that are there. Bytes are
// those of the logits.
func BenchmarkEvalGrad(b *testing.B) {
	for name, loss := range map[string]losses.Loss{"ce": losses.CrossEntropy{}, "mae": losses.MAE{}, "gce": GCE{Q: .7}} {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			for _, target := range []string{"soft", "index", "smooth"} {
				for _, shape := range [][2]int{{1, 10}, {1, 64}, {1, 1000}, {64, 10}, {8192, 2}, {8192, 3}, {8192, 10},
					{1024, 100}, {256, 1000}, {4096, 1000}, {128, 32000}} {
					n, k := shape[0], shape[1]
					b.Run(fmt.Sprintf("loss=%s/dtype=f%d/target=%s/n=%d/k=%d", name, 8*dt.Size(), target, n, k),
						func(b *testing.B) {
							benchmarkEvalGrad(b, losses.Criterion{Loss: loss}, dt, target, n, k)
						})
				}
			}
		}
	}
}

func benchmarkEvalGrad(b *testing.B, c losses.Criterion, dt tensor.Dtype, target string, n, k int) {
	x := batch{dt: dt, n: n, k: k}
	x.z = repeat(n*k, func(i int) float64 { return float64(uint64(i)*2654435761%1024)/128 - 4 })
	if target == "index" {
		x.index = repeatInt(n, func(i int) int { return i * 31 % k })
	} else {
		x.t = repeat(n*k, func(i int) float64 { return 1 / float64(k) })
	}
	if target == "smooth" {
		c.Smoothing.Alpha = 0.1
	}
	in, out := x.inputs(c), x.outputs(c)
	out.TargetGrad = nil
	b.SetBytes(int64(n*k) * int64(dt.Size()))
	b.ReportAllocs()
	for b.Loop() {
		if err := c.EvalInto(out, in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSoftmax compares the softmax of a large batch with that of package tensor.
func BenchmarkSoftmax(b *testing.B) {
	const n, k = 4096, 1000
	x := batch{dt: tensor.Float32, n: n, k: k}
	x.z = repeat(n*k, func(i int) float64 { return float64(uint64(i)*2654435761%1024)/128 - 4 })
	x.t = repeat(n*k, func(int) float64 { return 1.0 / k })
	z := x.inputs(losses.Criterion{}).Logits.(*tensor.Dense)
	for _, f := range []struct {
		impl, name string
		f          func() (tensor.Tensor, error)
	}{
		{"softloss", "softmax", func() (tensor.Tensor, error) { return losses.Softmax(z) }},
		{"softloss", "logsoftmax", func() (tensor.Tensor, error) { return losses.LogSoftmax(z) }},
		{"tensor", "softmax", func() (tensor.Tensor, error) { return tensor.SoftMax(z, 1) }},
		{"tensor", "logsoftmax", func() (tensor.Tensor, error) { return tensor.LogSoftMax(z, 1) }},
	} {
		b.Run(fmt.Sprintf("impl=%s/f=%s/n=%d/k=%d", f.impl, f.name, n, k), func(b *testing.B) {
			b.SetBytes(4 * n * k)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFamily is loss and gradient of the losses, cross entropy first, with few and with many
// classes, and of parameters that no polynomial is exact enough for.
func BenchmarkFamily(b *testing.B) {
	for _, name := range []string{"ce", "gce", "gce Q=1", "gce .1", "focal 1", "focal", "focal 3.5", "poly 2", "mae",
		"nce", "rce", "sce", "confidence", "kl", "agce", "aul", "ael", "bitempered", "sparsemax", "entmax15"} {
		benchmarkShapes(b, "loss="+name, func(int) losses.Criterion { return losses.Criterion{Loss: lossFamily[name]} })
	}
	for _, l := range []losses.Loss{losses.Focal{Gamma: 20}, losses.AGCE{A: 0.1, Q: 0.5}, losses.AUL{A: 1.01, Q: 0.5},
		losses.AEL{A: 0.05}} {
		benchmarkShapes(b, fmt.Sprintf("loss=%T%v", l, l), func(int) losses.Criterion { return losses.Criterion{Loss: l} })
	}
	sum := losses.WeightedSum{{Weight: 1, Loss: losses.NCE{}}, {Weight: 1, Loss: lossFamily["rce"]}}
	benchmarkShapes(b, "loss=nce + rce", func(int) losses.Criterion { return losses.Criterion{Loss: sum} })
}

// benchmarkShapes evaluates a criterion of k classes on rows of few and of many classes.
func benchmarkShapes(b *testing.B, name string, c func(k int) losses.Criterion) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, shape := range [][2]int{{1024, 10}, {1024, 100}, {256, 1000}} {
			n, k := shape[0], shape[1]
			for _, target := range []string{"soft", "index"} {
				b.Run(fmt.Sprintf("%s/dtype=f%d/n=%d/k=%d/target=%s", name, 8*dt.Size(), n, k, target), func(b *testing.B) {
					benchmarkEvalGrad(b, c(k), dt, target, n, k)
				})
			}
		}
	}
}

// BenchmarkSigmoid is loss and gradient of yes-or-no questions: binary cross entropy, plain and
// with weights, then the other losses that have a kernel there.
func BenchmarkSigmoid(b *testing.B) {
	criteria := []struct {
		name string
		c    losses.Criterion
	}{
		{"ce", losses.Criterion{}},
		{"ce, pos weight", losses.Criterion{PosWeight: []float64{2}}},
		{"ce, class weights", losses.Criterion{ClassWeights: []float64{2}}},
		{"asymmetric", losses.Criterion{Loss: losses.Asymmetric{GammaNeg: 4, Margin: 0.05}}},
	}
	for _, name := range []string{"gce", "focal", "focal 3.5", "poly 2", "mae", "kl", "nce", "rce", "sce", "confidence",
		"agce", "aul", "ael", "bitempered", "sparsemax", "entmax15"} {
		criteria = append(criteria, struct {
			name string
			c    losses.Criterion
		}{name, losses.Criterion{Loss: lossFamily[name]}})
	}
	for _, x := range criteria {
		x.c.Link = losses.SigmoidLink
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			for _, shape := range [][2]int{{1024, 80}, {256, 1000}, {100000, 1}} {
				n, k := shape[0], shape[1]
				b.Run(fmt.Sprintf("loss=%s/dtype=f%d/target=soft/n=%d/k=%d", x.name, 8*dt.Size(), n, k), func(b *testing.B) {
					benchmarkEvalGrad(b, x.c, dt, "soft", n, k)
				})
			}
		}
	}
}

// BenchmarkOptions is cross entropy with one option at a time, and without, and another loss with
// one.
func BenchmarkOptions(b *testing.B) {
	for _, o := range []struct {
		name string
		set  func(c *losses.Criterion, ones []float64)
	}{
		{"off", func(*losses.Criterion, []float64) {}},
		{"weights", func(c *losses.Criterion, ones []float64) { c.ClassWeights = ones }},
		{"ignore", func(c *losses.Criterion, _ []float64) { c.Ignore = []int{-100} }},
		{"temperature", func(c *losses.Criterion, _ []float64) { c.Temperature = 2 }},
		{"shift", func(c *losses.Criterion, ones []float64) { c.LogitShift = ones }},
		{"zloss", func(c *losses.Criterion, _ []float64) { c.ZLoss = 1e-4 }},
		{"weighted_mean", func(c *losses.Criterion, _ []float64) { c.Reduction = losses.WeightedMean }},
		{"margins", func(c *losses.Criterion, ones []float64) { c.Margins = ones }},
		{"gce_and_temperature", func(c *losses.Criterion, _ []float64) { c.Loss, c.Temperature = lossFamily["gce"], 2 }},
	} {
		benchmarkShapes(b, "option="+o.name, func(k int) (c losses.Criterion) {
			o.set(&c, repeat(k, one))
			return c
		})
	}
}
