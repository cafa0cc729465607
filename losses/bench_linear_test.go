package losses_test

import (
	"fmt"
	"testing"

	"gorgonia.org/tensor"

	"softloss/internal/gemm"
	"softloss/losses"
)

// BenchmarkLinear measures the cross entropy of a linear layer with all gradients, and the two
// steps with the same products in memory that is there before.
func BenchmarkLinear(b *testing.B) {
	for _, s := range [][3]int{{512, 256, 151936}, {4096, 256, 32000}, {4096, 256, 1000}, {128, 128, 10}} {
		n, d, k := s[0], s[1], s[2]
		zeros := func(shape ...int) *tensor.Dense {
			return tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
		}
		in := losses.LinearInputs{Hidden: zeros(n, d), Weight: zeros(k, d),
			Target: tensor.New(tensor.Of(tensor.Int), tensor.WithShape(n))}
		for i, x := range []*tensor.Dense{in.Hidden.(*tensor.Dense), in.Weight.(*tensor.Dense)} {
			for j := range x.Float32s() {
				x.Float32s()[j] = float32(j*(37+i)%101-50) / 400
			}
		}
		for i := range n {
			in.Target.(*tensor.Dense).Ints()[i] = i * 7919 % k
		}
		out := losses.LinearOutputs{Loss: dense(tensor.Float32, []float64{0}), HiddenGrad: zeros(n, d),
			WeightGrad: zeros(k, d)}
		name := fmt.Sprintf("n=%d/d=%d/k=%d", n, d, k)
		flops := 6 * float64(n) * float64(d) * float64(k)
		b.Run(name+"/way=linear", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := (losses.Criterion{}).EvalLinear(out, in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
		b.Run(name+"/way=two-steps", func(b *testing.B) {
			z, g := zeros(n, k), zeros(n, k)
			row := func(t tensor.Tensor) gemm.Matrix[float32] {
				s := t.Shape()
				return gemm.RowMajor(s[0], s[1], s[1], t.(*tensor.Dense).Float32s())
			}
			b.ReportAllocs()
			for b.Loop() {
				gemm.Mul(row(z), 0, 1, row(in.Hidden), row(in.Weight).Transposed())
				if err := (losses.Criterion{}).EvalInto(losses.Outputs{Loss: out.Loss, Grad: g},
					losses.Inputs{Logits: z, Target: in.Target}); err != nil {
					b.Fatal(err)
				}
				gemm.Mul(row(out.HiddenGrad), 0, 1, row(g), row(in.Weight))
				gemm.Mul(row(out.WeightGrad), 0, 1, row(g).Transposed(), row(in.Hidden))
			}
			b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
