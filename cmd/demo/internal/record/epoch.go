package record

import "softloss/train"

// Epoch is a line of the history.
type Epoch struct {
	Epoch         int   `json:"epoch"`
	TrainLoss     Float `json:"train_loss"`
	TrainAccuracy Float `json:"train_accuracy"` // of the rows as they were met, each before the step of its batch

	ValidationLoss     Float `json:"validation_loss"` // these are null without validation rows
	ValidationAccuracy Float `json:"validation_accuracy"`
	ValidationECE      Float `json:"validation_ece"`

	TestLoss     Float `json:"test_loss"` // these with them: the test rows are looked at once, at the end
	TestAccuracy Float `json:"test_accuracy"`
	TestECE      Float `json:"test_ece"`

	LearnRate Float `json:"learn_rate"`
}

// Watched returns the numbers of the rows that were looked at after the epoch.
func (e Epoch) Watched(rows string) (loss, accuracy Float) {
	if rows == WatchedValidation {
		return e.ValidationLoss, e.ValidationAccuracy
	}
	return e.TestLoss, e.TestAccuracy
}

// EpochOf returns an epoch of the trainer's history, whose validation set were the watched rows.
func EpochOf(e train.Epoch, watched string) Epoch {
	out := Epoch{
		Epoch: e.Epoch, TrainLoss: Float(e.Loss), TrainAccuracy: Float(e.Accuracy), LearnRate: Float(e.LearnRate),
		ValidationLoss: Unknown, ValidationAccuracy: Unknown, ValidationECE: Unknown,
		TestLoss: Unknown, TestAccuracy: Unknown, TestECE: Unknown,
	}
	switch v := e.Valid; {
	case v == nil:
	case watched == WatchedValidation:
		out.ValidationLoss, out.ValidationAccuracy, out.ValidationECE = Scores(*v)
	default:
		out.TestLoss, out.TestAccuracy, out.TestECE = Scores(*v)
	}
	return out
}

// Scores are the numbers of the trainer's metrics.
func Scores(m train.Metrics) (loss, accuracy, ece Float) {
	return Float(m.Loss), Float(m.Accuracy), Float(m.ECE)
}
