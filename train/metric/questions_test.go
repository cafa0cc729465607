package metric

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// Four rows of three questions, the third without any yes.
func TestReportQuestionsByHand(t *testing.T) {
	probs := table([]float32{
		.9, .2, .1, // right, wrong, right
		.6, .5, .1, // wrong, right: 1/2 is a yes, right
		.1, .8, .4, // right, right, right
		.2, .7, .3, // wrong, wrong, right
	}, 4, 3)
	labels := table([]float32{1, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0}, 4, 3)
	got, err := ReportQuestions(probs, labels, nil, nil)
	require.NoError(t, err)
	require.Equal(t, []ClassScore{
		{Precision: .5, Recall: .5, F1: .5, Support: 2},
		{Precision: 2. / 3, Recall: 2. / 3, F1: 2. / 3, Support: 3},
		{},
	}, got.Classes)
	require.Equal(t, ClassScore{Precision: .6, Recall: .6, F1: .6, Support: 5}, got.Micro)
	near(t, (.5+2./3)/2, got.Macro.F1)
	near(t, (2*.5+3*2./3)/5, got.Weighted.Precision)
	require.Equal(t, [2]float64{5, 5}, [2]float64{got.Macro.Support, got.Weighted.Support})
	require.Equal(t, []float64{8. / 12, 1. / 4, 9. / 12}, []float64{got.Accuracy, got.Exact, got.Majority})

	got, err = ReportQuestions(probs, labels, []float64{1, 1, 2, 0}, []float64{.7, .2, .4})
	require.NoError(t, err)
	require.Equal(t, ClassScore{Precision: 1, Recall: 1, F1: 1, Support: 1}, got.Classes[0])
	require.Equal(t, ClassScore{Precision: 1, Recall: 1, F1: 1, Support: 4}, got.Classes[1])
	require.Equal(t, ClassScore{}, got.Classes[2])
	near(t, 10./12, got.Accuracy)
	near(t, .5, got.Exact)
}

// Integer labels are those of floats, and [N] are N rows of one question.
func TestReportQuestionsShapes(t *testing.T) {
	want, err := ReportQuestions(table([]float64{.9, .2, .6}, 3, 1), table([]float64{1, 1, 0}, 3, 1), nil, nil)
	require.NoError(t, err)
	for _, labels := range []tensor.Tensor{table([]float64{1, 1, 0}, 3), table([]int{1, 1, 0}, 3)} {
		got, err := ReportQuestions(table([]float64{.9, .2, .6}, 3), labels, nil, nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	two := table([]float64{.9, .2, .6, .4}, 2, 2)
	want, err = ReportQuestions(two, table([]float64{0, 1, 1, 1}, 2, 2), nil, nil)
	require.NoError(t, err)
	got, err := ReportQuestions(two, table([]int8{0, 1, 1, 1}, 2, 2), nil, nil)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestReportQuestionsErrors(t *testing.T) {
	p, y := table([]float32{.5, .5}, 1, 2), table([]float32{1, 0}, 1, 2)
	for _, bad := range [][]float64{{}, {.5}, {.5, 2}, {.5, -1}} {
		_, err := ReportQuestions(p, y, nil, bad)
		require.ErrorIs(t, err, losses.ErrParam, "%v", bad)
	}
	_, err := ReportQuestions(p, table([]float32{1, 2}, 1, 2), nil, nil)
	require.ErrorIs(t, err, losses.ErrLabel)
	_, err = Thresholds(table([]float32{.5, 1.5}, 1, 2), y, nil)
	require.ErrorIs(t, err, losses.ErrProb)
	_, err = Thresholds(p, y, []float64{0})
	require.ErrorIs(t, err, losses.ErrWeight)
}

// No threshold has a better F1 than those of Thresholds, and none as good is nearer to 1/2 than
// they are, by the middles between probabilities.
func TestThresholdsAreTheBest(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 50 {
		n, k := 1+r.IntN(30), 1+r.IntN(3)
		p, y, w := make([]float32, n*k), make([]float32, n*k), make([]float64, n)
		for i := range p {
			p[i], y[i] = float32(r.IntN(17))/16, float32(r.IntN(2))
		}
		for i := range w {
			w[i] = float64(1 + r.IntN(3))
		}
		probs, labels := table(p, n, k), table(y, n, k)
		best, err := Thresholds(probs, labels, w)
		require.NoError(t, err)
		got, err := ReportQuestions(probs, labels, w, best)
		require.NoError(t, err)
		for at := range 65 {
			all := slices.Repeat([]float64{float64(at) / 64}, k)
			other, err := ReportQuestions(probs, labels, w, all)
			require.NoError(t, err)
			for j := range k {
				require.GreaterOrEqual(t, got.Classes[j].F1, other.Classes[j].F1)
			}
		}
	}
	none, err := Thresholds(table([]float32{.1, .2}, 2, 1), table([]float32{0, 0}, 2, 1), nil)
	require.NoError(t, err)
	require.Equal(t, []float64{.5}, none)
}

// A question is a row of two classes: the metrics of these rows are those of its answers.
func TestAsClasses(t *testing.T) {
	probs := table([]float32{.75, .25, .5, 1}, 2, 2)
	labels := table([]float32{1, 1, 0, 1}, 2, 2)
	weights := []float64{1, 3}
	p, is, w := AsClasses(losses.SigmoidLink, probs, labels, weights)
	require.Equal(t, []float32{.75, .25, .25, .75, .5, .5, 1, 0}, p.Float32s())
	require.Equal(t, []float64{1, 1, 3, 3}, w)
	_, _, one := AsClasses(losses.SigmoidLink, table([]float32{.75, .25}, 2), table([]float32{1, 0}, 2), weights)
	require.Equal(t, weights, one, "[N] are N rows of one question")
	z, _, _ := LogitsAsClasses(losses.SigmoidLink, table([]float32{3, -1}, 2, 1), labels, nil)
	require.Equal(t, []float32{3, 0, -1, 0}, z.Float32s())

	report, err := ReportQuestions(probs, labels, weights, nil)
	require.NoError(t, err)
	acc, err := Accuracy(p, is, w)
	require.NoError(t, err)
	near(t, report.Accuracy, acc)
	loss, err := losses.Criterion{Link: losses.SigmoidLink, FromProbs: true}.Eval(probs, labels)
	require.NoError(t, err)
	nll, err := NLL(p, is, nil)
	require.NoError(t, err)
	require.InDelta(t, float64(loss.Data().(float32)), nll, 1e-7)
}

// Rows of classes, and what is no table of numbers, come back as they are: the latter is the error
// of the metric that gets it.
func TestAsClassesOfOthers(t *testing.T) {
	x, w := table([]float32{.25, .75}, 1, 2), []float64{2}
	p, is, weights := AsClasses(losses.SoftmaxLink, x, x, w)
	require.True(t, p == x && is == x)
	require.Equal(t, w, weights)
	for _, x := range []*tensor.Dense{nil, new(tensor.Dense)} {
		p, labels, w := AsClasses(losses.SigmoidLink, x, x, w)
		_, err := Accuracy(p, labels, w)
		require.Error(t, err)
		z, labels, _ := LogitsAsClasses(losses.SigmoidLink, x, x, nil)
		_, err = FitTemperature(z, labels, nil)
		require.Error(t, err)
	}
}

// Of two thresholds with one F1, the nearer to 1/2 is best: one right of one, or two of four.
func TestThresholdOfATie(t *testing.T) {
	best, err := Thresholds(table([]float64{.8, .4, .35, .3}, 4, 1), table([]float64{1, 0, 0, 1}, 4, 1), nil)
	require.NoError(t, err)
	near(t, .6, best[0])
}
