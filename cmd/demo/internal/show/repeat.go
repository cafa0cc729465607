package show

import (
	"fmt"
	"io"

	"softloss/cmd/demo/internal/record"
	"softloss/internal/phrase"
)

// Repeat writes how the runs did on their test rows, and mean and deviation over the seeds.
func Repeat(w io.Writer, r *record.Repeat) {
	number := func(m record.Measure, x record.Float) string {
		if m.Share {
			return record.Percent(x)
		}
		return record.ShortDecimal(x)
	}
	rows := [][]string{{"seed"}}
	for _, m := range r.Measures {
		rows[0] = append(rows[0], m.Title)
	}
	line := func(name string, of func(record.Measure) record.Float) {
		row := []string{name}
		for _, m := range r.Measures {
			row = append(row, number(m, of(m)))
		}
		rows = append(rows, row)
	}
	for i, seed := range r.Seeds {
		line(fmt.Sprint(seed), func(m record.Measure) record.Float { return m.Values[i] })
	}
	line("mean", func(m record.Measure) record.Float { return m.Mean })
	line("deviation", func(m record.Measure) record.Float { return m.Deviation })
	if n := len(r.Seeds); n < r.Wanted {
		fmt.Fprintf(w, "stopped after %s of %d\n\n", phrase.Plural(n, "run"), r.Wanted)
	}
	table(w, "", rows)
	fmt.Fprintln(w)
}
