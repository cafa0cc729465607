package show

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"softloss/cmd/demo/internal/record"
	"softloss/internal/phrase"
)

// studyWords are what is said of a study.
type studyWords struct {
	title, caption string // of the tables, and under the section in the report
	section        string // in the report
	first          string // column of the table
	level          string // how the head of another column names its level; it may have none
	xLabel, yLabel string // of the picture
	decimals       int
}

// wordsOf are those of a study.
func wordsOf(s *record.Study) studyWords {
	switch s.Measure {
	case record.MeasureKL:
		return studyWords{
			section: "Answers of people against their majority", title: "divergence from the answers of held-out groups",
			caption: "the divergence of predictions from how held-out groups really answered; less is better. constant " +
				"predicts the average of all training rows for everybody.",
			first: "trained on", level: "KL (nats)", yLabel: "KL from held-out answers (nats)", decimals: 4,
		}
	case record.MeasureBalanced:
		return studyWords{
			section: "Losses for rare classes", title: "balanced accuracy on the test rows in %",
			caption: "of the training rows, class 0 has many times as many as the last class, and those between fall " +
				"geometrically; the test rows are as they were. Balanced accuracy is the mean recall of the classes.",
			first: "loss", level: "1 : %g", xLabel: "Rows of the most frequent class for one of the rarest",
			yLabel: "Balanced accuracy (%)", decimals: 1,
		}
	}
	return studyWords{
		section: "Losses under label noise", title: "accuracy on clean test rows in %",
		caption: "a part of the training labels is replaced by wrong classes, the test rows are clean.",
		first:   "loss", level: "noise %g", xLabel: "Part of the training labels that is wrong",
		yLabel: "Accuracy on clean test rows (%)", decimals: 1,
	}
}

// head is how the head of a column names a level.
func (w studyWords) head(level float64) string {
	if !strings.Contains(w.level, "%") {
		return w.level
	}
	return fmt.Sprintf(w.level, level)
}

// studyText is a cell as the table shows it: mean ± deviation, and of how many runs where that is
// not so for all.
func studyText(s *record.Study, c *record.Cell, best bool) string {
	decimals := wordsOf(s).decimals
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

// studyRows returns the cells of the table, its head first.
func studyRows(s *record.Study, best bool) [][]string {
	words := wordsOf(s)
	head := []string{words.first}
	for _, level := range s.Levels {
		head = append(head, words.head(level))
	}
	out := [][]string{head}
	for _, loss := range s.Losses {
		row := []string{loss}
		for _, level := range s.Levels {
			switch c := s.Cell(loss, level); {
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

// studyTitle returns the head of a table.
func studyTitle(s *record.Study, best bool) string {
	what, when := wordsOf(s).title, "last epoch"
	if best {
		when = "best epoch of each run"
	}
	switch runs := phrase.Plural(s.Seeds, "run"); {
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
