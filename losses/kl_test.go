package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// TestKLBesideSmallLabel: the label 1 - t of "no" keeps the digits of a small t, which are as much
// of the divergence of a sure no as what t itself costs; by the kernel, by rows and with a gradient
// of labels, smoothed or not.
func TestKLBesideSmallLabel(t *testing.T) {
	labels := []float64{0, 1e-30, 1e-20, 1e-14, 1e-12, 1e-10, 1e-7, 1e-3, .2}
	for _, dt := range floatDtypes {
		for _, z := range []float64{-1000, -80, -45, -30} {
			for _, alpha := range []float64{0, 1e-20, 1e-10, .01} {
				for _, rule := range []losses.SmoothingRule{losses.SmoothPrior, losses.SmoothNotebook} {
					x := dense(dt, repeat(len(labels), func(int) float64 { return z }), len(labels))
					y := dense(dt, labels, len(labels))
					var want []float64
					for _, t := range round(dt, labels) {
						want = append(want, klOfSmoothed(z, t, losses.Smoothing{Rule: rule, Alpha: alpha}))
					}
					for _, l := range []losses.Loss{losses.KL{}, byRow{losses.KL{}}} {
						c := losses.Criterion{Loss: l, Link: losses.SigmoidLink, Reduction: losses.None,
							Smoothing: losses.Smoothing{Rule: rule, Alpha: alpha}}
						what := fmt.Sprintf("%T %v z=%v alpha=%v %v", l, dt, z, alpha, rule)
						alone, err := c.Eval(x, y)
						require.NoError(t, err)
						near(t, what, values(alone), want, 8*epsilon(dt), 1e-40)
						out := losses.Outputs{Loss: dense(dt, want, len(want)), TargetGrad: dense(dt, want, len(want))}
						require.NoError(t, c.EvalInto(out, losses.Inputs{Logits: x, Target: y}))
						near(t, what+" with a gradient", values(out.Loss), want, 8*epsilon(dt), 1e-40)
					}
				}
			}
		}
	}
}

// klOfSmoothed is the divergence of σ(z) from a label t below 1/2 that is smoothed.
func klOfSmoothed(z, t float64, s losses.Smoothing) float64 {
	yes := (1-s.Alpha)*t + s.Alpha/2
	if s.Rule == losses.SmoothNotebook {
		yes = max(t, s.Alpha/2)
	}
	no, log := 1-yes, math.Log1p(-yes)
	if s.Rule == losses.SmoothNotebook && t > 0 { // the other label stays as it is
		no, log = 1-t, math.Log1p(-t)
	}
	p := -math.Log1p(math.Exp(z))
	loss := no * (log - p)
	if yes > 0 {
		loss += yes * (math.Log(yes) - z - p)
	}
	return loss
}
