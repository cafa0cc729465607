package show

import (
	"softloss/cmd/demo/internal/record"
	"softloss/losses"
)

// lossWords are what is said of a loss.
type lossWords struct {
	name  string // as losses.FormatLoss writes it
	title string // in a sentence
	unit  string // of the loss, "" without one
}

// lossOf are the words of a run's loss, which -loss has read.
func lossOf(s *record.Run) lossWords {
	l, err := losses.ParseLoss(s.Config.Loss)
	if err != nil {
		return lossWords{name: s.Config.Loss, title: s.Config.Loss}
	}
	name, _ := losses.FormatLoss(l)
	e, ok := losses.Describe(l)
	if !ok {
		e.Title = "sum of losses"
	}
	return lossWords{name: name, title: e.Title, unit: e.Unit}
}
