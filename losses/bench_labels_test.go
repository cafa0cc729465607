package losses_test

import (
	"fmt"
	"testing"

	"softloss/losses"
)

// BenchmarkLabelGrads is cross entropy and its gradients into tensors that are there: that of the
// logits alone, and those of soft labels too, as they are, smoothed, or with class weights.
func BenchmarkLabelGrads(b *testing.B) {
	for _, dt := range floatDtypes {
		for _, shape := range [][2]int{{1024, 10}, {1024, 100}, {256, 1000}} {
			n, k := shape[0], shape[1]
			x := batch{dt: dt, n: n, k: k}
			x.z = repeat(n*k, func(i int) float64 { return float64(uint64(i)*2654435761%1024)/128 - 4 })
			x.t = repeat(n*k, func(i int) float64 { return float64(i%k) / float64(k*k) })
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
				{"class weights", losses.Criterion{ClassWeights: repeat(k, one)}, true},
			} {
				b.Run(fmt.Sprintf("of=%s/dtype=f%d/n=%d/k=%d", o.name, 8*dt.Size(), n, k), func(b *testing.B) {
					in, out := x.inputs(o.c), x.outputs(o.c)
					out.WeightGrad = nil
					if !o.labels {
						out.TargetGrad = nil
					}
					b.SetBytes(int64(n*k) * int64(dt.Size()))
					b.ReportAllocs()
					for b.Loop() {
						if err := o.c.EvalInto(out, in); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
