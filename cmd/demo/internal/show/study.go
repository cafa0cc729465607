package show

import (
	"fmt"
	"io"
	"strconv"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
)

// studyText is a cell as the table shows it: mean ± deviation, and of how many runs where that is
// not so for all.
func studyText(s *record.Study, c *record.Cell, best bool) string {
	decimals := 1
	if s.Measure == record.MeasureKL {
		decimals = 4
	}
	mean, deviation := s.Scores(c, best)
	out := strconv.FormatFloat(mean, 'f', decimals, 64)
	if c.Runs > 1 {
		out += " ± " + strconv.FormatFloat(deviation, 'f', decimals, 64)
	}
	if c.Runs < s.Seeds {
		out += fmt.Sprintf(" (n = %d)", c.Runs)
	}
	return out
}

// studyRows are the table's cells, its head first.
func studyRows(s *record.Study, best bool) [][]string {
	head := []string{"loss"}
	for _, n := range s.Noise {
		if s.Measure == record.MeasureKL {
			head[0] = "trained on"
			head = append(head, "KL (nats)")
			continue
		}
		head = append(head, fmt.Sprintf("noise %g", n))
	}
	out := [][]string{head}
	for _, loss := range s.Losses {
		row := []string{loss}
		for _, n := range s.Noise {
			switch c := s.Cell(loss, n); {
			case c == nil:
				row = append(row, "-")
			default:
				row = append(row, studyText(s, c, best))
			}
		}
		out = append(out, row)
	}
	return out
}

// studyTitle is the head of a table.
func studyTitle(s *record.Study, best bool) string {
	what := "accuracy on clean test rows in %"
	if s.Measure == record.MeasureKL {
		what = "divergence from the answers of held-out groups"
	}
	when := "last epoch"
	if best {
		when = "best epoch of each run"
	}
	switch runs := cli.Count(s.Seeds, "run"); {
	case s.Seeds == 1:
		return fmt.Sprintf("%s, %s, 1 run", what, when)
	case s.Finished < s.Runs:
		return fmt.Sprintf("%s, %s, mean ± deviation of up to %s", what, when, runs)
	default:
		return fmt.Sprintf("%s, %s, mean ± deviation of %s", what, when, runs)
	}
}

// PrintStudy writes the tables with aligned columns.
func PrintStudy(s *record.Study, w io.Writer) {
	if s.Finished == 0 {
		return
	}
	for _, best := range []bool{false, true} {
		fmt.Fprintln(w, studyTitle(s, best))
		table(w, "  ", studyRows(s, best))
		fmt.Fprintln(w)
	}
}
