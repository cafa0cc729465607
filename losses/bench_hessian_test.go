package losses_test

import (
	"fmt"
	"testing"

	"softloss/losses"
)

// BenchmarkHessianVector is every loss with second derivatives: its gradient by the logits, and the
// product of its Hessian with a vector.
func BenchmarkHessianVector(b *testing.B) {
	for _, e := range losses.Losses() {
		c := losses.Criterion{Loss: e.Loss}
		if !c.TwiceDifferentiable() {
			continue
		}
		for _, dt := range floatDtypes {
			for _, shape := range [][2]int{{1024, 10}, {1024, 100}, {256, 1000}} {
				x := labelBatch(dt, shape[0], shape[1])
				v := dense(dt, direction(x.n, x.k), x.n, x.k)
				for _, of := range []string{"logits", "hessian"} {
					b.Run(fmt.Sprintf("loss=%s/of=%s/dtype=f%d/n=%d/k=%d", e.Name, of, 8*dt.Size(), x.n, x.k), func(b *testing.B) {
						in, out := x.inputs(c), losses.Outputs{Grad: x.outputs(c).Grad}
						if of == "hessian" {
							in.Direction = v
						}
						b.ReportAllocs()
						for b.Loop() {
							if err := c.EvalInto(out, in); err != nil {
								b.Fatal(err)
							}
						}
					})
				}
			}
		}
	}
}
