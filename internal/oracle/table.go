package oracle

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"softloss/losses"
)

// Table collects the largest errors by loss and dtype.
type Table map[Key]*Largest

// Key is a line of a table.
type Key struct {
	Loss   string
	Single bool // float32
	Moved  bool // logits that a shift or a temperature changes first
}

// Largest holds the largest errors of a line, and the seeds of the cases that have them.
type Largest struct {
	Rows        int
	Loss, Grads Error
	LossSeed    uint64
	GradsSeed   uint64
}

// KeyOf returns the line that a case belongs to.
func KeyOf(c Case) Key {
	k := Key{Single: c.Single, Moved: c.Criterion.LogitShift != nil || c.Criterion.Temperature != 0}
	if _, sum := c.Criterion.Loss.(losses.WeightedSum); sum {
		k.Loss = "sum"
		return k
	}
	text, _ := losses.FormatLoss(c.Criterion.Loss)
	k.Loss, _, _ = strings.Cut(text, ":")
	return k
}

// Add takes in the errors of a case.
func (t Table) Add(c Case, loss, grads []Error) {
	k := KeyOf(c)
	if t[k] == nil {
		t[k] = new(Largest)
	}
	of := Largest{Rows: c.Batch.N, LossSeed: c.Seed, GradsSeed: c.Seed}
	for _, e := range loss {
		of.Loss = larger(of.Loss, e)
	}
	for _, e := range grads {
		of.Grads = larger(of.Grads, e)
	}
	t[k].merge(of)
}

// Merge takes in another table.
func (t Table) Merge(other Table) {
	for k, of := range other {
		if t[k] == nil {
			t[k] = new(Largest)
		}
		t[k].merge(*of)
	}
}

func (l *Largest) merge(other Largest) {
	l.Rows += other.Rows
	if larger(l.Loss, other.Loss) != l.Loss {
		l.Loss, l.LossSeed = other.Loss, other.LossSeed
	}
	if larger(l.Grads, other.Grads) != l.Grads {
		l.Grads, l.GradsSeed = other.Grads, other.GradsSeed
	}
}

// larger returns the larger error, in units of the terms.
func larger(a, b Error) Error {
	if b.Terms > a.Terms {
		return b
	}
	return a
}

// Write prints the table, lines of one loss beside each other.
func (t Table) Write(w io.Writer) error {
	keys := slices.SortedFunc(func(yield func(Key) bool) {
		for k := range t {
			if !yield(k) {
				return
			}
		}
	}, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Loss, b.Loss), compareBool(b.Single, a.Single), compareBool(a.Moved, b.Moved))
	})
	out := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintln(out, " loss\t dtype\t logits\t rows\t value, ulp\t gradients, ulp\t seeds")
	for _, k := range keys {
		dtype, logits := "float64", "as they are"
		if k.Single {
			dtype = "float32"
		}
		if k.Moved {
			logits = "shifted or divided"
		}
		l := t[k]
		fmt.Fprintf(out, " %s\t %s\t %s\t %d\t %.2f\t %.2f\t %d, %d\n",
			k.Loss, dtype, logits, l.Rows, l.Loss.Terms, l.Grads.Terms, l.LossSeed, l.GradsSeed)
	}
	rows := 0
	for _, l := range t {
		rows += l.Rows
	}
	fmt.Fprintf(out, "%d rows\n", rows)
	return out.Flush()
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
