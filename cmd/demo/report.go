package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// decimal, percent and withUnit are how the report writes numbers; "-" is a number that is not known.

func decimal(f float) string {
	if !f.finite() {
		return "-"
	}
	return strconv.FormatFloat(float64(f), 'f', 4, 64)
}

func percent(f float) string {
	if !f.finite() {
		return "-"
	}
	return strconv.FormatFloat(100*float64(f), 'f', 2, 64) + " %"
}

func withUnit(name, unit string) string {
	if unit == "" {
		return name
	}
	return name + " (" + unit + ")"
}

// printHead says what is going to be learned, and how.
func printHead(w io.Writer, s *summary, entry lossInfo) {
	d, c := s.Data, s.Config
	rows := count(d.TrainRows, "training row")
	if d.ValidationRows > 0 {
		rows += ", " + count(d.ValidationRows, "validation row")
	}
	classes := fmt.Sprintf("%d classes", d.Classes)
	if d.Label != "" {
		classes += fmt.Sprintf(" in the column %q", d.Label)
	}
	fmt.Fprintf(w, "data     %s: %s, %s, %s, %s\n", d.Name, rows, count(d.TestRows, "test row"), count(d.Features, "feature"), classes)
	if d.TestName != "" {
		fmt.Fprintf(w, "test     %s\n", d.TestName)
	}
	if d.FlippedLabels > 0 {
		flipped := count(d.FlippedLabels, "training label")
		if d.ValidationRows > 0 {
			flipped = count(d.FlippedLabels, "label") + " of training and validation"
		}
		fmt.Fprintf(w, "noise    %s replaced by a wrong class; the test labels stay right\n", flipped)
	}
	fmt.Fprintf(w, "network  %s\n", layers(d, c))
	loss := entry.title
	if entry.name != "ce" && entry.name != "mae" && entry.name != loss {
		loss += " (" + entry.name + ")"
	}
	if c.Alpha != 0 {
		loss += fmt.Sprintf(", labels smoothed with alpha %g (%s rule)", c.Alpha, c.Smoothing)
	}
	fmt.Fprintf(w, "loss     %s\n", loss)
	fmt.Fprintf(w, "training %s in batches of %d, learning rate %g%s, seed %d\n", count(c.Epochs, "epoch"), c.Batch, c.LearnRate, c.extras(), c.Seed)
	if s.Teacher != nil {
		fmt.Fprintf(w, "teacher  %s\n", s.describeTeacher())
	}
	if d.SoftLabels {
		fmt.Fprint(w, "note     labels are soft: accuracy and calibration error go by the largest label\n")
	}
	if d.Weighted {
		fmt.Fprint(w, "note     rows weigh as many as the observations they stand for\n")
	}
	if d.ValidationRows > 0 && d.ValidationRows < fewRows {
		fmt.Fprintf(w, "note     only %s: what goes by them is rough\n", count(d.ValidationRows, "validation row"))
	}
	if d.TestRows < fewRows {
		fmt.Fprintf(w, "note     only %s: the numbers of the test are rough\n", count(d.TestRows, "test row"))
	}
}

// extras are the settings of the training that are off unless asked for.
func (c configSummary) extras() string {
	text := ""
	if c.Schedule == "cosine" {
		text = " falling as a cosine"
	}
	for _, e := range []struct {
		name  string
		value float64
	}{
		{"warm-up epochs", c.Warmup}, {"patience", float64(c.Patience)}, {"L2", c.L2}, {"weight decay", c.WeightDecay},
		{"clip", c.ClipNorm}, {"mixup", c.Mixup},
	} {
		if e.value != 0 {
			text += fmt.Sprintf(", %s %g", e.name, e.value)
		}
	}
	return text
}

// fewRows are so few test rows that one of them is more than 2 % of accuracy.
const fewRows = 50

// layers is the shape of the network, from features to classes.
func layers(d dataSummary, c configSummary) string {
	sizes := []string{strconv.Itoa(d.Features)}
	for _, h := range c.Hidden {
		sizes = append(sizes, strconv.Itoa(h))
	}
	text := strings.Join(append(sizes, strconv.Itoa(d.Classes)), " - ")
	if len(c.Hidden) == 0 {
		return text + " (linear)"
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// printReport is the closing table with what must be said about it.
func printReport(w io.Writer, s *summary, entry lossInfo) {
	fmt.Fprintln(w)
	if s.Interrupted {
		fmt.Fprintf(w, "stopped after %s of %d: this is what was learned so far\n", count(len(s.History), "whole epoch"), s.Config.Epochs)
		if s.ResumeCommand != "" {
			fmt.Fprintf(w, "saved in %s; to go on:\n  %s\n", s.Checkpoint, s.ResumeCommand)
		}
		fmt.Fprintln(w)
	}
	if s.StoppedEarly {
		fmt.Fprintf(w, "stopped after %s: %d without a better %s loss; the weights are those of epoch %d\n\n",
			count(len(s.History), "epoch"), s.Config.Patience, s.Data.watched(), s.BestEpoch)
	}
	if s.TestLoss.finite() || s.TestAccuracy.finite() {
		printScores(w, s, entry)
	}
	printFiles(w, s.Files)
	fmt.Fprintf(w, "finished in %.1f s\n", float64(s.Seconds))
}

// printScores is the table and the lines that explain it.
func printScores(w io.Writer, s *summary, entry lossInfo) {
	wide := len("train")
	if s.Data.ValidationRows > 0 {
		wide = len("validation")
	}
	if s.Teacher != nil {
		wide = len("teacher, test")
	}
	row := func(name, loss, lowest, accuracy, ece string) {
		line := fmt.Sprintf("%-*s  %14s", wide, name, loss)
		if entry.lowest {
			line += fmt.Sprintf("  %15s", lowest)
		}
		fmt.Fprintf(w, "%s  %10s  %18s\n", line, accuracy, ece)
	}
	row("", withUnit("loss", entry.unit), "lowest possible", "accuracy", "calibration error")
	row("train", shortDecimal(s.TrainLoss), decimal(s.TrainLowestLoss), percent(s.TrainAccuracy), percent(s.TrainECE))
	if s.Data.ValidationRows > 0 {
		row("validation", shortDecimal(s.ValidationLoss), decimal(s.ValidationLowestLoss), percent(s.ValidationAccuracy), percent(s.ValidationECE))
	}
	row("test", shortDecimal(s.TestLoss), decimal(s.TestLowestLoss), percent(s.TestAccuracy), percent(s.ECE))
	if t := s.Teacher; t != nil {
		row("teacher, test", decimal(t.TestLoss), decimal(s.TestLowestLoss), percent(t.TestAccuracy), percent(t.ECE))
	}
	fmt.Fprintln(w)
	if entry.lowest {
		labels := "labels"
		if s.Config.Alpha != 0 {
			labels = "smoothed labels"
		}
		fmt.Fprintf(w, "lowest possible: the entropy of the %s; test is %s above\n",
			labels, strings.TrimSpace(decimal(s.TestLoss-s.TestLowestLoss)+" "+entry.unit))
	}
	fmt.Fprint(w, "calibration error (ECE): average gap between confidence and accuracy")
	if s.Config.Alpha != 0 {
		fmt.Fprint(w, ";\n  smoothed labels widen it: they keep the confidence low, on purpose")
	}
	fmt.Fprintln(w)
	printCalibration(w, s)
	if s.Data.FlippedLabels > 0 {
		fmt.Fprint(w, "train: the numbers are against the labels with noise\n")
	}
	verdict := "they agree"
	if !s.GraphAgrees {
		verdict = "THEY DISAGREE"
	}
	fmt.Fprintf(w, "test loss, computed on tensors: %s\n  and by a Gorgonia graph:      %s, difference %.2g: %s\n\n",
		precise(s.TestLoss, entry.unit), precise(s.GraphTestLoss, entry.unit), float64(s.GraphDifference), verdict)
}

// printCalibration is what -calibrate came to.
func printCalibration(w io.Writer, s *summary) {
	c := s.Calibration
	switch {
	case c == nil:
	case !c.Temperature.finite():
		fmt.Fprintf(w, "not calibrated: %s\n", c.Problem)
	default:
		row := func(name, nll, ece string) { fmt.Fprintf(w, "%-17s  %30s  %18s\n", name, nll, ece) }
		fmt.Fprintf(w, "\n%s:\n", s.describeCalibration())
		row("", "negative log likelihood (nats)", "calibration error")
		row("test, as trained", decimal(c.NLLBefore), percent(c.ECEBefore))
		row("test, calibrated", decimal(c.NLLAfter), percent(c.ECEAfter))
		fmt.Fprintln(w)
	}
}

// describeCalibration is the temperature in a sentence.
func (s *summary) describeCalibration() string {
	return fmt.Sprintf("temperature %.4g, fitted on %s", float64(s.Calibration.Temperature), count(s.Data.ValidationRows, "validation row"))
}

// describeTeacher is the teacher in a sentence.
func (s *summary) describeTeacher() string {
	var sizes []string
	for _, n := range s.Teacher.Sizes {
		sizes = append(sizes, strconv.Itoa(n))
	}
	c := s.Config
	return fmt.Sprintf("%s (%s) at temperature %g, %g of the loss", c.Teacher, strings.Join(sizes, " - "), c.Temperature, c.TeacherWeight)
}

// precise is a number with enough digits to compare two.
func precise(f float, unit string) string {
	return strings.TrimSpace(strconv.FormatFloat(float64(f), 'f', 8, 64) + " " + unit)
}
