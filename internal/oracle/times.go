package oracle

import (
	"math/big"
	"slices"

	"softloss/losses"
)

// behindItself returns the case with its batch Times times, one behind the other.
func (c Case) behindItself() Case {
	b := &c.Batch
	b.N *= c.Times
	b.Index = repeat(b.Index, c.Times)
	numbers := []*[]float64{&b.Logits, &b.Labels, &b.Weights}
	if c.Criterion.Reduction == losses.None {
		numbers = append(numbers, &b.Upstream)
	}
	for _, x := range numbers {
		*x = repeat(*x, c.Times)
	}
	return c
}

// repeat returns x n times, nil for nil.
func repeat[T any](x []T, n int) []T {
	if x == nil {
		return nil
	}
	return slices.Repeat(x, n)
}

// of returns what becomes of the result when the batch is evaluated n times, of the first of them:
// a sum of the losses is n times what it was, and their mean is the same, of which every row is an
// n-th.
func (r Result) of(n int, reduction losses.Reduction) Result {
	times, share := big.NewFloat(1), big.NewFloat(float64(n))
	switch reduction {
	case losses.None:
		share = big.NewFloat(1)
	case losses.Sum:
		times, share = share, times
	}
	scaled := func(values []Value, times, share *big.Float) (out []Value) {
		for _, v := range values {
			for _, x := range []**big.Float{&v.Exact, &v.Size} {
				y := new(big.Float).SetPrec((*x).Prec()).Mul(*x, times)
				*x = y.Quo(y, share)
			}
			out = append(out, v)
		}
		return out
	}
	one := big.NewFloat(1)
	return Result{scaled(r.Loss, times, one), scaled(r.Grad, one, share),
		scaled(r.TargetGrad, one, share), scaled(r.WeightGrad, one, share)}
}
