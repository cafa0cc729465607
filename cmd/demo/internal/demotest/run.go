package demotest

import (
	"softloss/cmd/demo/internal/record"
)

// ExampleRun is a run with every number known.
func ExampleRun() *record.Run {
	s := record.New(record.Config{
		Loss: "ce", Criterion: "loss=CrossEntropy{}", Alpha: 0.1, Smoothing: "notebook", Hidden: []int{256}, Epochs: 2,
		Batch: 64, LearnRate: 1e-3,
		Seed: 1, TestFraction: 0.2, Schedule: "constant",
	})
	s.Data = record.Data{Name: "digits", TrainRows: 1438, TestRows: 359, Features: 64, Classes: 10}
	s.History = []record.Epoch{
		{ValidationLoss: record.Unknown, ValidationAccuracy: record.Unknown, ValidationECE: record.Unknown,
			Epoch: 1, TrainLoss: 1.66, TrainAccuracy: 0.75, LearnRate: 1e-3, TestLoss: 1.13, TestAccuracy: 0.8217, TestECE: 0.3},
		{ValidationLoss: record.Unknown, ValidationAccuracy: record.Unknown, ValidationECE: record.Unknown,
			Epoch: 2, TrainLoss: 0.9, TrainAccuracy: 0.875, LearnRate: 1e-3, TestLoss: 0.86, TestAccuracy: 0.8914, TestECE: 0.2},
	}
	s.TrainLoss, s.TrainLowestLoss, s.TrainAccuracy, s.TrainECE = 0.7, 0.5003, 0.96, 0.11
	s.TestLoss, s.TestLowestLoss, s.TestAccuracy, s.ECE = 0.86, 0.5003, 0.8914, 0.1312
	s.GraphTestLoss, s.GraphDifference, s.GraphAgrees = 0.86000006, 6e-8, true
	s.Files = []string{"demo-out/loss_by_alpha.png", "demo-out/training_curves.png"}
	s.Seconds = 1.25
	return s
}
