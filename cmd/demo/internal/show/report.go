// Package show is what people see of a run and a study: text on a console, pictures, a page.
package show

import (
	"fmt"
	"io"
	"strings"

	"softloss/cmd/demo/internal/record"
	"softloss/internal/phrase"
)

// Report writes the closing table, with what must be said about it.
func Report(w io.Writer, s *record.Run) {
	fmt.Fprintln(w)
	if s.Interrupted {
		fmt.Fprintf(w, "stopped after %s of %d: this is what was learned so far\n",
			phrase.Plural(len(s.History), "whole epoch"), s.Config.Epochs)
		if s.ResumeCommand != "" {
			fmt.Fprintf(w, "saved in %s; to go on:\n  %s\n", s.Checkpoint, s.ResumeCommand)
		}
		fmt.Fprintln(w)
	}
	if s.StoppedEarly {
		fmt.Fprintf(w, "stopped after %s: %d without a better %s loss; the weights are those of epoch %d\n\n",
			phrase.Plural(len(s.History), "epoch"), s.Config.Patience, s.Data.Watched(), s.BestEpoch)
	}
	if s.TestLoss.Finite() || s.TestAccuracy.Finite() {
		printScores(w, s)
	}
	Files(w, s.Files)
	fmt.Fprintf(w, "finished in %.1f s\n", float64(s.Seconds))
}

// printScores writes the table, the verdict and the lines that explain them.
func printScores(w io.Writer, s *record.Run) {
	wide := len("train")
	if s.Data.ValidationRows > 0 {
		wide = len("validation")
	}
	if s.Teacher != nil {
		wide = len("teacher, test")
	}
	row := func(name, loss, lowest, accuracy, ece string) {
		line := fmt.Sprintf("%-*s  %14s", wide, name, loss)
		if s.TrainLowestLoss.Finite() {
			line += fmt.Sprintf("  %15s", lowest)
		}
		fmt.Fprintf(w, "%s  %10s  %18s\n", line, accuracy, ece)
	}
	row("", withUnit("loss", lossOf(s).unit), "lowest possible", "accuracy", "calibration error")
	row("train", record.ShortDecimal(s.TrainLoss), record.Decimal(s.TrainLowestLoss), record.Percent(s.TrainAccuracy),
		record.Percent(s.TrainECE))
	if s.Data.ValidationRows > 0 {
		row("validation", record.ShortDecimal(s.ValidationLoss), record.Decimal(s.ValidationLowestLoss),
			record.Percent(s.ValidationAccuracy), record.Percent(s.ValidationECE))
	}
	row("test", record.ShortDecimal(s.TestLoss), record.Decimal(s.TestLowestLoss), record.Percent(s.TestAccuracy),
		record.Percent(s.ECE))
	if t := s.Teacher; t != nil {
		row("teacher, test", record.Decimal(t.TestLoss), record.Decimal(s.TestLowestLoss), record.Percent(t.TestAccuracy),
			record.Percent(t.ECE))
	}
	fmt.Fprintln(w)
	if s.Test != nil && s.Test.Verdict != nil {
		Verdict(w, s.Test.Verdict)
	}
	explainScores(w, s)
}

// explainScores writes what the numbers of the table mean.
func explainScores(w io.Writer, s *record.Run) {
	unit := lossOf(s).unit
	if s.TrainLowestLoss.Finite() {
		labels := "labels"
		if s.Config.Alpha != 0 {
			labels = "smoothed labels"
		}
		fmt.Fprintf(w, "lowest possible: the entropy of the %s; test is %s above\n",
			labels, strings.TrimSpace(record.Decimal(s.TestLoss-s.TestLowestLoss)+" "+unit))
	}
	fmt.Fprint(w, "calibration error (ECE): average gap between confidence and accuracy")
	if s.Config.Alpha != 0 {
		fmt.Fprint(w, ";\n  smoothed labels widen it: they keep the confidence low, on purpose")
	}
	fmt.Fprintln(w)
	if s.Config.HasQuestions() {
		fmt.Fprint(w, "loss, accuracy and calibration error are over the answers: one for each label of each row\n")
	}
	if t := s.Test; t != nil && t.Verdict != nil && t.Verdict.TwoClasses != nil && t.Verdict.TwoClasses.Used {
		fmt.Fprintf(w, "accuracy in the table: of the likeliest class; with the threshold of %s the test has %s\n",
			t.Verdict.TwoClasses.Class, record.Percent(t.Verdict.Accuracy))
	}
	printCalibration(w, s)
	if s.TrainLoss > absurdLoss {
		fmt.Fprintf(w, "THE TRAINING WENT ASTRAY: a loss of %s is worse than knowing nothing; lower -lr (now %g)\n",
			record.ShortDecimal(s.TrainLoss), s.Config.LearnRate)
	}
	if s.Data.FlippedLabels > 0 {
		noisy := "train"
		if s.Data.ValidationRows > 0 {
			noisy = "train and validation"
		}
		fmt.Fprintf(w, "%s: the numbers are against the labels with noise\n", noisy)
	}
	verdict := "they agree"
	if !s.GraphAgrees {
		verdict = "THEY DISAGREE"
	}
	fmt.Fprintf(w, "test loss, computed on tensors: %s\n  and by a Gorgonia graph:      %s, difference %.2g: %s\n\n",
		precise(s.TestLoss, unit), precise(s.GraphTestLoss, unit), float64(s.GraphDifference), verdict)
}

// absurdLoss is a loss that no model has that predicts the same for every row, however many classes
// there are.
const absurdLoss = 1e3

// printCalibration writes what -calibrate came to.
func printCalibration(w io.Writer, s *record.Run) {
	c := s.Calibration
	switch {
	case c == nil:
	case !c.Temperature.Finite():
		fmt.Fprintf(w, "not calibrated: %s\n", c.Problem)
	default:
		row := func(name, nll, ece string) { fmt.Fprintf(w, "%-17s  %30s  %18s\n", name, nll, ece) }
		fmt.Fprintf(w, "\n%s:\n", describeCalibration(s))
		row("", "negative log likelihood (nats)", "calibration error")
		row("test, as trained", record.Decimal(c.NLLBefore), record.Percent(c.ECEBefore))
		row("test, calibrated", record.Decimal(c.NLLAfter), record.Percent(c.ECEAfter))
		fmt.Fprintln(w)
	}
}
