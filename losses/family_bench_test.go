package losses_test

import (
	"fmt"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// BenchmarkFamily is loss and gradient of the losses, cross entropy first, at 256×1000 in float32.
func BenchmarkFamily(b *testing.B) {
	for _, name := range []string{"ce", "gce .7", "gce 1", "gce .1", "focal 1", "focal 2", "focal 3.5", "poly 2", "mae", "nce", "rce", "sce", "penalty", "kl", "bt .8 1.2"} {
		for _, target := range []string{"soft", "index"} {
			b.Run(fmt.Sprintf("loss=%s/target=%s", name, target), func(b *testing.B) {
				benchmarkEvalGrad(b, losses.Criterion{Loss: lossFamily[name]}, tensor.Float32, target, 256, 1000)
			})
		}
	}
}

// BenchmarkOptions is cross entropy with one option at a time, and without.
func BenchmarkOptions(b *testing.B) {
	const k = 1000
	ones := repeat(k, one)
	for _, o := range []struct {
		name string
		c    losses.Criterion
	}{
		{"off", losses.Criterion{}},
		{"weights", losses.Criterion{ClassWeights: ones}},
		{"ignore", losses.Criterion{Ignore: []int{-100}}},
		{"temperature", losses.Criterion{Temperature: 2}},
		{"shift", losses.Criterion{LogitShift: ones}},
		{"zloss", losses.Criterion{ZLoss: 1e-4}},
		{"weighted_mean", losses.Criterion{Reduction: losses.WeightedMean}},
	} {
		for _, target := range []string{"soft", "index"} {
			b.Run(fmt.Sprintf("option=%s/target=%s", o.name, target), func(b *testing.B) {
				benchmarkEvalGrad(b, o.c, tensor.Float32, target, 256, k)
			})
		}
	}
}
