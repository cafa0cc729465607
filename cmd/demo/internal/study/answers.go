package study

import (
	"fmt"
	"math"
	"strings"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// answersCriterion reads a treatment of people's answers: the criterion that is trained with.
func answersCriterion(text string, _ []float64) (losses.Criterion, error) {
	name, strength, smooth := strings.Cut(text, "@")
	if name == "constant" && !smooth {
		return losses.Criterion{}, nil
	}
	if name != "soft" && name != "majority" {
		return losses.Criterion{}, fmt.Errorf("%q: for answers of people want soft, majority, constant or, smoothed, "+
			"majority@0.1", text)
	}
	spec := "ce"
	if smooth {
		spec += "@" + strength
	}
	return input.Variant(spec)
}

// takeMajority changes the labels where the job's loss says so; the test keeps them as they are.
func takeMajority(set *dataset.Dataset, j record.Job) (*dataset.Dataset, error) {
	if !strings.HasPrefix(j.Loss, "majority") {
		return set, nil
	}
	copied := *set
	var err error
	copied.Labels, err = dataset.Majority(set.Labels)
	return &copied, err
}

// divergence is the Kullback-Leibler divergence of a model from the answers.
func divergence(m *train.Model, _ losses.Criterion, test *dataset.Dataset) (float64, error) {
	got, err := m.Evaluate(test, losses.Criterion{Loss: losses.KL{}})
	return got.Loss, err
}

// constantAnswers predicts the same for everybody: how all the people of the training rows answered
// together.
func constantAnswers(trainSet, testSet *dataset.Dataset) (float64, error) {
	sums, _ := input.LabelSums(trainSet)
	bias := make([]float32, len(sums))
	for c, sum := range sums {
		bias[c] = float32(math.Log(max(sum, 1e-9)))
	}
	model, err := train.NewModel([]train.Layer{{
		Weights: tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(trainSet.NumFeatures(), len(sums))),
		Bias:    tensor.New(tensor.WithShape(len(bias)), tensor.WithBacking(bias)),
	}})
	if err != nil {
		return 0, err
	}
	return divergence(model, losses.Criterion{}, testSet)
}
