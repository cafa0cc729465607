package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"
)

// studySummary is a study as -json writes it.
type studySummary struct {
	Data      string      `json:"data"`
	Measure   string      `json:"measure"` // accuracy or kl
	Epochs    int         `json:"epochs"`
	Batch     int         `json:"batch"`
	LearnRate float64     `json:"learn_rate"`
	Hidden    []int       `json:"hidden"`
	Test      float64     `json:"test_fraction"`
	Losses    []string    `json:"losses"`
	Noise     []float64   `json:"noise"`
	Seeds     int         `json:"seeds"`
	Runs      int         `json:"runs"`
	Finished  int         `json:"finished"`
	Cells     []studyCell `json:"cells"` // in the order of losses, then noise; those without a run are left out
	Results   []result    `json:"results"`
}

// studyCell is what the runs of one loss at one rate of noise came to: mean and standard deviation (of n-1) over the seeds.
type studyCell struct {
	Loss     string  `json:"loss"`
	Noise    float64 `json:"noise"`
	Runs     int     `json:"runs"`
	LastMean float64 `json:"last_mean"`
	LastDev  float64 `json:"last_deviation"`
	BestMean float64 `json:"best_mean"`
	BestDev  float64 `json:"best_deviation"`
}

const (
	measureAccuracy = "accuracy"
	measureKL       = "kl"
)

// summary puts the finished runs together, in an order that does not depend on when they finished.
func (o *studyOptions) summary(done map[job]result) *studySummary {
	s := &studySummary{
		Data: o.data, Measure: measureAccuracy, Epochs: o.epochs, Batch: o.batch, LearnRate: o.learnRate, Hidden: o.hidden,
		Test: o.testFraction, Losses: o.losses, Noise: o.noise, Seeds: o.seeds, Cells: []studyCell{}, Results: []result{},
	}
	if o.isAnswers() {
		s.Measure = measureKL
	}
	s.Runs = len(o.allJobs())
	for _, loss := range o.losses {
		for _, noise := range o.noise {
			var last, best []float64
			for seed := range o.seeds {
				if r, ok := done[job{loss, noise, uint64(seed + 1)}]; ok {
					last, best = append(last, r.Last), append(best, r.Best)
					s.Results = append(s.Results, r)
				}
			}
			if len(last) == 0 {
				continue
			}
			c := studyCell{Loss: loss, Noise: noise, Runs: len(last)}
			c.LastMean, c.LastDev = meanAndDeviation(last)
			c.BestMean, c.BestDev = meanAndDeviation(best)
			s.Cells = append(s.Cells, c)
		}
	}
	s.Finished = len(s.Results)
	return s
}

// meanAndDeviation of one or more numbers; the deviation of one is 0.
func meanAndDeviation(xs []float64) (mean, deviation float64) {
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	if len(xs) == 1 {
		return mean, 0
	}
	for _, x := range xs {
		deviation += (x - mean) * (x - mean) / float64(len(xs)-1)
	}
	return mean, math.Sqrt(deviation)
}

// score is a result as the progress shows it.
func (o *studyOptions) score(x float64) string {
	if o.isAnswers() {
		return strconv.FormatFloat(x, 'f', 4, 64)
	}
	return strconv.FormatFloat(100*x, 'f', 1, 64) + " %"
}

// cell finds a cell, nil for one without runs.
func (s *studySummary) cell(loss string, noise float64) *studyCell {
	for i, c := range s.Cells {
		if c.Loss == loss && c.Noise == noise {
			return &s.Cells[i]
		}
	}
	return nil
}

// scores are mean and deviation of the last or the best epoch as they are drawn; one run has no deviation, which is NaN.
func (s *studySummary) scores(c *studyCell, best bool) (mean, deviation float64) {
	mean, deviation = c.LastMean, c.LastDev
	if best {
		mean, deviation = c.BestMean, c.BestDev
	}
	if s.Measure == measureAccuracy {
		mean, deviation = 100*mean, 100*deviation
	}
	if c.Runs < 2 {
		deviation = math.NaN()
	}
	return mean, deviation
}

// text is a cell as the table shows it: mean ± deviation, and of how many runs where that is not so for all.
func (s *studySummary) text(c *studyCell, best bool) string {
	decimals := 1
	if s.Measure == measureKL {
		decimals = 4
	}
	mean, deviation := s.scores(c, best)
	out := strconv.FormatFloat(mean, 'f', decimals, 64)
	if c.Runs > 1 {
		out += " ± " + strconv.FormatFloat(deviation, 'f', decimals, 64)
	}
	if c.Runs < s.Seeds {
		out += fmt.Sprintf(" (n = %d)", c.Runs)
	}
	return out
}

// rows are the table's cells, its head first.
func (s *studySummary) rows(best bool) [][]string {
	head := []string{"loss"}
	for _, n := range s.Noise {
		if s.Measure == measureKL {
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
			switch c := s.cell(loss, n); {
			case c == nil:
				row = append(row, "-")
			default:
				row = append(row, s.text(c, best))
			}
		}
		out = append(out, row)
	}
	return out
}

// title is the head of a table.
func (s *studySummary) title(best bool) string {
	what := "accuracy on clean test rows in %"
	if s.Measure == measureKL {
		what = "divergence from the answers of held-out groups"
	}
	when := "last epoch"
	if best {
		when = "best epoch of each run"
	}
	switch runs := count(s.Seeds, "run"); {
	case s.Seeds == 1:
		return fmt.Sprintf("%s, %s, 1 run", what, when)
	case s.Finished < s.Runs:
		return fmt.Sprintf("%s, %s, mean ± deviation of up to %s", what, when, runs)
	default:
		return fmt.Sprintf("%s, %s, mean ± deviation of %s", what, when, runs)
	}
}

// print writes the tables with aligned columns.
func (s *studySummary) print(w io.Writer) {
	if s.Finished == 0 {
		return
	}
	for _, best := range []bool{false, true} {
		rows := s.rows(best)
		widths := make([]int, len(rows[0]))
		for _, row := range rows {
			for i, cell := range row {
				widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			}
		}
		fmt.Fprintln(w, s.title(best))
		for _, row := range rows {
			line := ""
			for i, cell := range row {
				pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
				if i == 0 {
					line = "  " + cell + pad
				} else {
					line += "   " + pad + cell
				}
			}
			fmt.Fprintln(w, line)
		}
		fmt.Fprintln(w)
	}
}

// json is the study as -json writes it.
func (s *studySummary) json() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(s)
	return b.Bytes(), err
}

// write prints the tables and writes the files.
func (s *studySummary) write(o *studyOptions, text, stdout io.Writer) error {
	s.print(text)
	content, err := s.json()
	if err != nil {
		return err
	}
	files := []string{o.file(".jsonl"), o.file(".json")}
	if err := os.WriteFile(files[1], content, 0o666); err != nil {
		return err
	}
	switch o.jsonFile {
	case "":
	case "-":
		if _, err := stdout.Write(content); err != nil {
			return err
		}
	default:
		files = append(files, o.jsonFile)
		if err := os.WriteFile(o.jsonFile, content, 0o666); err != nil {
			return err
		}
	}
	if !o.noPlots && s.Finished > 0 {
		path := o.file(".png")
		if err := s.figure().write(path); err != nil {
			return err
		}
		report, err := writeStudyReport(o.out, s)
		if err != nil {
			return err
		}
		files = append(files, path, report)
	}
	printFiles(text, files)
	return nil
}

// readStudy reads a study from its file, nil when there is none.
func readStudy(dir, name string) (*studySummary, error) {
	var s studySummary
	return readJSON(filepath.Join(dir, name+".json"), &s)
}
