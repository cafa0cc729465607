package input

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/internal/phrase"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// Weights are what -weights says of the classes, or with -link sigmoid of the true labels.
type Weights struct {
	Text    string    // balanced, or numbers with commas between them; "" for none
	numbers []float64 // nil for balanced ones
}

// Flag is -weights; questions says that a row may have several labels.
func (w *Weights) Flag(questions bool) cli.Flag {
	help := "weights of the classes in the loss: none, balanced (a row weighs n / (K n_k), with n_k of the n training " +
		"rows in its one of K classes: rare ones are found more often, and taken for others less), or numbers, one for " +
		"each class in their order"
	if questions {
		help += "; with -link sigmoid of the true labels: (n - n_k) / n_k for balanced, or numbers, one for each label or " +
			"one for all"
	}
	return cli.Value("weights", "NAME|W,...", "none", help, w.set)
}

func (w *Weights) set(s string) error {
	if *w = (Weights{Text: s}); s == "none" {
		w.Text = ""
	}
	if s == "none" || s == "balanced" {
		return nil
	}
	for part := range strings.SplitSeq(s, ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(x >= 0 && x <= math.MaxFloat32) {
			return errors.New("want none, balanced, or numbers >= 0 such as 1,5")
		}
		w.numbers = append(w.numbers, x)
	}
	if slices.Max(w.numbers) == 0 {
		return errors.New("every weight is 0, want one above 0: there is nothing to learn")
	}
	return nil
}

// Named returns the text of the flag, with few numbers beside the names of their classes.
func (w Weights) Named(classes []string) string {
	if len(w.numbers) != len(classes) || len(classes) > 10 {
		return w.Text
	}
	said := make([]string, len(classes))
	for i, x := range w.numbers {
		said[i] = fmt.Sprintf("%g for %s", x, classes[i])
	}
	return strings.Join(said, ", ")
}

// Apply sets the weights of a criterion for what is learned from.
func (w Weights) Apply(c *losses.Criterion, set *dataset.Dataset) error {
	weights, k, what := w.numbers, set.NumClasses(), "class"
	if c.Link == losses.SigmoidLink {
		what = "label"
	}
	switch one := len(weights) == 1 && c.Link == losses.SigmoidLink; {
	case w.Text == "":
		return nil
	case weights == nil && c.Link == losses.SigmoidLink:
		weights = balancedQuestions(set)
	case weights == nil:
		weights = balancedClasses(set)
	case len(weights) != k && !one:
		text := ""
		if set.ClassNames != nil && k <= 10 {
			text = ": " + strings.Join(set.ClassNames, ", ")
		}
		return cli.Usagef("-weights %s: got %s, want %d, one for each %s%s", w.Text,
			phrase.Plural(len(weights), "number"), k, what, text)
	}
	if c.Link == losses.SigmoidLink {
		c.PosWeight = weights
	} else {
		c.ClassWeights = weights
	}
	return nil
}

// balancedClasses are n / (K n_k), with n_k the weight of the rows of class k and n that of all; 1
// for a class without rows.
func balancedClasses(set *dataset.Dataset) []float64 {
	out, _ := LabelSums(set)
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

// balancedQuestions are (n - n_k) / n_k, with n_k the weight of the rows of which label k is true
// and n that of all; 1 for a label that all rows have, or none.
func balancedQuestions(set *dataset.Dataset) []float64 {
	out, all := LabelSums(set)
	for c, n := range out {
		if out[c] = 1; n > 0 && n < all {
			out[c] = (all - n) / n
		}
	}
	return out
}

// LabelSums are the weights of the rows of each label, and that of all rows.
func LabelSums(set *dataset.Dataset) (sums []float64, all float64) {
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
