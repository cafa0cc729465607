package record

import (
	"softloss/train/metric"
)

// ClassScore is how well one class is found.
type ClassScore struct {
	Class string `json:"class"`
	Score
}

// Score is how well a class is found, or a mean over classes.
type Score struct {
	Precision Float `json:"precision"`
	Recall    Float `json:"recall"`
	F1        Float `json:"f1"`
	Support   Float `json:"support"` // rows, or the people they stand for
}

// scoreOf is a score of the metrics.
func scoreOf(s metric.ClassScore) Score {
	return Score{Precision: Float(s.Precision), Recall: Float(s.Recall), F1: Float(s.F1), Support: Float(s.Support)}
}
