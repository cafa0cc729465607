package kernel

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSigmoidTermSweep: losses of float32 elements whose terms cancel, or are powers, are within 4
// ulp of their largest term for logits that lie as densely as float32's do.
func TestSigmoidTermSweep(t *testing.T) {
	stride := uint32(79999)
	if testing.Short() {
		stride = 499979
	}
	type sweptTerms struct {
		name string
		run  func(loss []float64, grad, z, yes, no, scale []float32) (ok bool)
		want func(q question, scale float64) (loss, grad expected)
	}
	var all []sweptTerms
	for _, beta := range []float64{0x1p-30, 0.1, 1, 4, 5} {
		a := Question{Kind: Penalised, A: beta}
		all = append(all, sweptTerms{fmt.Sprint("question ", a),
			func(loss []float64, grad, z, yes, no, scale []float32) (ok bool) {
				return SigmoidQuestion(a, loss, grad, z, yes, no, scale)
			},
			func(q question, scale float64) (loss, grad expected) { return q.of(a, scale) }})
	}
	for _, a := range []Asymmetric{{GammaNeg: 4}, {GammaPos: 1, GammaNeg: 4}, {GammaPos: 2, GammaNeg: 4},
		{GammaPos: 1, GammaNeg: 3}} {
		all = append(all, sweptTerms{fmt.Sprint(a),
			func(loss []float64, grad, z, yes, no, scale []float32) (ok bool) {
				return SigmoidAsymmetric(a, loss, grad, z, yes, no, scale)
			},
			func(q question, scale float64) (loss, grad expected) { return q.asymmetric(a, scale) }})
	}
	s := sweep(stride)
	for i, y := range s.yes { // shares, or nearly so
		s.no[i] = 1 - y
	}
	n := len(s.z)
	for _, l := range all {
		t.Run(l.name, func(t *testing.T) {
			wants := make([][2]expected, n)
			for i := range wants {
				wants[i][0], wants[i][1] = l.want(ask(s.z[i], float64(s.yes[i]), float64(s.no[i])), float64(float32(0.7)))
			}
			eachImplementation(t, func(t *testing.T) {
				loss, grad, worst := make([]float64, n), make([]float32, n), [2]float64{}
				for _, no := range [][]float32{s.no, nil} {
					require.True(t, l.run(loss, grad, s.z, s.yes, no, []float32{0.7}))
					for i, want := range wants {
						for j, got := range []float64{loss[i], float64(grad[i])} {
							u := want[j].ulps(got, true)
							worst[j] = max(worst[j], u)
							require.False(t, !(u <= 4), "%s of z=%v, label %v: %v, want %v", want[j].what, s.z[i], s.yes[i], got,
								want[j].v.Hi)
						}
					}
				}
				t.Logf("%.2f ulp, gradient %.2f", worst[0], worst[1])
			})
		})
	}
}
