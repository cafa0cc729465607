package oracle

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"softloss/losses"
)

// Table collects the largest errors of cases, a line for each kind of them.
type Table map[Key]*Line

// Key is the kind of the cases of a line.
type Key struct {
	Loss   string // its name, or sum
	Dtype  string
	Logits string // whether a shift or a temperature changes them first
}

// Line holds the largest errors of a kind of cases, and how many rows these had.
type Line struct {
	Rows        int
	Loss, Grads Worst
}

// Worst is the largest error so far, in units of the terms, and the seed of the case that has it.
type Worst struct {
	Error
	Seed uint64
}

// KeyOf returns the line that a case belongs to.
func KeyOf(c Case) Key {
	k := Key{Loss: "sum", Dtype: "float64", Logits: "as they are"}
	if _, sum := c.Criterion.Loss.(losses.WeightedSum); !sum {
		text, _ := losses.FormatLoss(c.Criterion.Loss)
		k.Loss, _, _ = strings.Cut(text, ":")
	}
	if c.Single {
		k.Dtype = "float32"
	}
	if c.Criterion.LogitShift != nil || c.Criterion.Temperature != 0 {
		k.Logits = "shifted or divided"
	}
	return k
}

// Add takes in the errors of a case.
func (t Table) Add(c Case, loss, grads []Error) {
	k := KeyOf(c)
	if t[k] == nil {
		t[k] = new(Line)
	}
	t[k].Rows += c.Batch.N
	t[k].Loss.take(c.Seed, loss)
	t[k].Grads.take(c.Seed, grads)
}

func (w *Worst) take(seed uint64, errors []Error) {
	if e := Largest(errors); e.Terms > w.Terms {
		*w = Worst{e, seed}
	}
}

// Write prints the table, lines of one loss beside each other.
func (t Table) Write(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintln(out, " loss\t dtype\t logits\t rows\t value, ulp\t gradients, ulp\t seeds")
	rows := 0
	for _, k := range slices.SortedFunc(maps.Keys(t), func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Loss, b.Loss), cmp.Compare(a.Dtype, b.Dtype), cmp.Compare(a.Logits, b.Logits))
	}) {
		l := t[k]
		fmt.Fprintf(out, " %s\t %s\t %s\t %d\t %.2f\t %.2f\t %d, %d\n",
			k.Loss, k.Dtype, k.Logits, l.Rows, l.Loss.Terms, l.Grads.Terms, l.Loss.Seed, l.Grads.Seed)
		rows += l.Rows
	}
	fmt.Fprintf(out, "%d rows\n", rows)
	return out.Flush()
}
