package show

import (
	"fmt"

	"gonum.org/v1/plot/vg"

	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

// leastSpan is the least that an axis of accuracies in percent spans.
const leastSpan = 1

// trainingNotes returns what is special about the curves of a run.
func trainingNotes(s *record.Run) string {
	text := ""
	if s.Teacher != nil {
		text += fmt.Sprintf(" The training loss has the teacher's part in it, so that it cannot be compared with the %s "+
			"loss.", s.Data.Watched())
	}
	if s.StoppedEarly {
		text += " A ring marks the best epoch, whose weights were kept."
	}
	return text
}

// trainingCurves draws loss and accuracy against the epoch, of the training and of the validation
// or test rows. The loss with a part of the teacher's in it is another quantity, which has a panel
// of its own.
func trainingCurves(s *record.Run) figure.Figure {
	words := lossOf(s)
	loss := figure.Panel{Title: "Loss: " + words.title, XLabel: "Epoch", YLabel: withUnit("Loss", words.unit),
		IntegerX: true}
	accuracy := figure.Panel{Title: "Accuracy", XLabel: "Epoch", YLabel: "Accuracy (%)", IntegerX: true, YMax: 100,
		YSpan: leastSpan}
	if a := s.Config.Alpha; a != 0 {
		loss.Title += fmt.Sprintf(", alpha %g", a)
	}
	watched := s.Data.Watched()
	name, testedName := "train", watched
	if s.Data.FlippedLabels > 0 {
		const noisy = ", labels with noise"
		if name += noisy; watched == record.WatchedValidation {
			testedName += noisy
		}
	}
	if s.Config.Mixup > 0 {
		name += ", mixed"
	}
	trained, tested := figure.Series{Name: name}, figure.Series{Name: testedName}
	right, rightTested := trained, tested
	for _, e := range s.History {
		l, a := e.Watched(watched)
		x := float64(e.Epoch)
		trained.Add(x, float64(e.TrainLoss))
		right.Add(x, 100*float64(e.TrainAccuracy))
		tested.Add(x, float64(l))
		rightTested.Add(x, 100*float64(a))
	}
	accuracy.Series = withBest(s, right, rightTested)
	if s.Teacher == nil {
		loss.Series = append(withBest(s, trained, tested), lowestLine(s)...)
		return figure.Figure{Panels: [][]figure.Panel{{loss, accuracy}}, Width: figure.Wide, Height: 4.4 * vg.Inch}
	}
	taught := loss
	taught.Title = fmt.Sprintf("Training loss, %g of it the teacher's", s.Config.TeacherWeight)
	trained.Name += ", with teacher"
	taught.Series = []figure.Series{trained}
	tested.Colour = 1 // as beside the training rows
	loss.Series = append(withBest(s, tested), lowestLine(s)...)
	return figure.Figure{Panels: [][]figure.Panel{{taught, loss, accuracy}}, Width: figure.Wide * 1.4,
		Height: 4.4 * vg.Inch}
}

// withBest marks the best epoch on the last of the lines, when the training stopped for it.
func withBest(s *record.Run, lines ...figure.Series) []figure.Series {
	line := lines[len(lines)-1]
	for i, x := range line.X {
		if s.StoppedEarly && int(x) == s.BestEpoch {
			lines = append(lines, figure.Series{Name: fmt.Sprintf("best: epoch %d", s.BestEpoch), X: []float64{x},
				Y: line.Y[i : i+1], Ring: true})
		}
	}
	return lines
}

// lowestLine returns a line at the lowest loss that is possible, where that is known.
func lowestLine(s *record.Run) []figure.Series {
	watched, lowest := s.Data.Watched(), s.TestLowestLoss
	if watched == record.WatchedValidation {
		lowest = s.ValidationLowestLoss
	}
	if !lowest.Finite() {
		return nil
	}
	line := figure.Series{Name: "lowest possible, " + watched, Faint: true}
	first, last := s.History[0].Epoch, s.History[len(s.History)-1].Epoch
	if first != last {
		line.Add(float64(first), float64(lowest))
	}
	line.Add(float64(last), float64(lowest))
	return []figure.Series{line}
}
