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
		"n_k), with n_k of the n training rows in its one of K classes, and with -link sigmoid a true label "+
		"(n - n_k) / n_k: rare ones are found more often, and taken for others less)", nil)
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

// BalancedWeights are n / (K n_k), with n_k the weight of the rows of class k and n that of all; 1
// for a class without rows.
func BalancedWeights(set *dataset.Dataset) []float64 {
	out, _ := labelSums(set)
	all, k := 0.0, float64(len(out))
	for _, n := range out {
		all += n
	}
	for c, n := range out {
		if out[c] = 1; n > 0 {
			out[c] = all / (k * n)
		}
	}
	return out
}

// BalancedPosWeights are (n - n_k) / n_k, with n_k the weight of the rows of which label k is true and n
// that of all; 1 for a label that all rows have, or none.
func BalancedPosWeights(set *dataset.Dataset) []float64 {
	out, all := labelSums(set)
	for c, n := range out {
		if out[c] = 1; n > 0 && n < all {
			out[c] = (all - n) / n
		}
	}
	return out
}

// labelSums are the weights of the rows of each label, and that of all rows.
func labelSums(set *dataset.Dataset) (sums []float64, all float64) {
	k, rows := set.NumClasses(), train.RowWeights(set)
	sums = make([]float64, k)
	for at, t := range set.Labels.Float32s() {
		w := 1.0
		if rows != nil {
			w = rows[at/k]
		}
		sums[at%k] += w * float64(t)
		if at%k == 0 {
			all += w
		}
	}
	return sums, all
}
