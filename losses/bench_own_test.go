package losses_test

import (
	"testing"

	"softloss/losses"
)

// idleLoss is a user's loss that computes nothing: what is left is what its rows are prepared with
// and what becomes of their derivatives.
type idleLoss struct{}

func (idleLoss) Row(losses.Row) float64 { return 0 }

// ownEntropy is cross entropy as a user writes it.
type ownEntropy struct{}

func (ownEntropy) Row(r losses.Row) (loss float64) {
	for k, t := range r.Target {
		if t == 0 {
			continue
		}
		loss -= t * r.LogP[k]
		if r.Grad != nil {
			r.Grad[k] = -t
		}
	}
	return loss
}

// BenchmarkOwnLoss is loss and gradient of losses that are not of this package.
func BenchmarkOwnLoss(b *testing.B) {
	benchmarkShapes(b, "loss=idle", func(int) losses.Criterion { return losses.Criterion{Loss: idleLoss{}} })
	benchmarkShapes(b, "loss=entropy", func(int) losses.Criterion { return losses.Criterion{Loss: ownEntropy{}} })
}
