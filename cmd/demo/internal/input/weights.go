package input

import (
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/train"
	"softloss/train/dataset"
)

// Balanced is the value of -weights with which all classes count the same.
const Balanced = "balanced"

// WeightsFlag is -weights; "" is none.
func WeightsFlag(dst *string) cli.Flag {
	f := cli.Value("weights", "NAME", "none", "weights of the classes in the loss: none, or balanced (a row weighs n / (K "+
		"n_k), with n_k of the n training rows in its one of K classes: rare ones are found more often, and "+
		"taken for others less)", nil)
	f.Set = func(s string) error {
		if err := cli.OneOf(dst, strings.Clone, "none", Balanced)(s); err != nil {
			return err
		}
		if *dst == "none" {
			*dst = ""
		}
		return nil
	}
	return f
}

// BalancedWeights are n / (K n_k), with n_k the weight of the rows of class k and n that of all; 1 for
// a class without rows.
func BalancedWeights(set *dataset.Dataset) []float64 {
	k, rows := set.NumClasses(), train.RowWeights(set)
	out, all := make([]float64, k), 0.0
	for at, t := range set.Labels.Float32s() {
		w := float64(t)
		if rows != nil {
			w *= rows[at/k]
		}
		out[at%k] += w
		all += w
	}
	for c, n := range out {
		if out[c] = 1; n > 0 {
			out[c] = all / (float64(k) * n)
		}
	}
	return out
}
