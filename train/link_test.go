package train

import (
	"bytes"
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses"
	"softloss/train/dataset"
	"softloss/train/metric"
)

// questionSet is a set whose labels are signs of combinations of the features, several of them true
// at once.
func questionSet(n, d, k int, seed uint64) *dataset.Dataset {
	set := randomSet(n, d, k, seed)
	x, t := set.Features.Float32s(), set.Labels.Float32s()
	for i := range n {
		for j := range k {
			if t[i*k+j] = 0; x[i*d+j%d]+x[i*d+(j+1)%d] > 0 {
				t[i*k+j] = 1
			}
		}
	}
	return set
}

var sigmoid = losses.Criterion{Link: losses.SigmoidLink}

// asked returns the model as one of yes-or-no questions.
func asked(t *testing.T, m *Model) *Model {
	m, err := m.WithCriterion(sigmoid)
	require.NoError(t, err)
	return m
}

// A criterion of SigmoidLink learns several labels a row; metrics, graph, history and report agree.
func TestFitQuestions(t *testing.T) {
	trainSet, validSet := questionSet(400, 4, 3, 1), questionSet(200, 4, 3, 2)
	cfg := Config{Hidden: []int{16}, Epochs: 40, LearnRate: 1e-2, Criterion: sigmoid}
	m, h, err := Fit(context.Background(), cfg, trainSet, validSet, nil)
	require.NoError(t, err)
	last := h[len(h)-1]
	require.Equal(t, losses.SigmoidLink, m.Criterion().Link)
	require.Greater(t, last.Valid.Accuracy, 0.95)
	require.Greater(t, last.Accuracy, 0.95)
	inGraph, err := m.EvaluateGraph(validSet, sigmoid)
	require.NoError(t, err)
	require.True(t, numtest.Close(inGraph, last.Valid.Loss, 1e-6, 0))

	probs, err := m.Predict(validSet.Features)
	require.NoError(t, err)
	z, err := m.Logits(validSet.Features)
	require.NoError(t, err)
	for i, v := range z.Float32s() {
		require.InDelta(t, 1/(1+math.Exp(-float64(v))), float64(probs.Float32s()[i]), 1e-7)
	}
	report, err := metric.ReportQuestions(probs, validSet.Labels, nil, nil)
	require.NoError(t, err)
	require.InDelta(t, last.Valid.Accuracy, report.Accuracy, 1e-12)
	loss, err := sigmoid.Eval(z, validSet.Labels)
	require.NoError(t, err)
	require.True(t, numtest.Close(last.Valid.Loss, float64(loss.Data().(float32)), 1e-6, 0))
}

// The sum is that of all questions, and the epoch's loss of one size with the mean.
func TestFitQuestionsReductions(t *testing.T) {
	set := questionSet(23, 4, 3, 1)
	for _, r := range []losses.Reduction{losses.Mean, losses.Sum} {
		for _, probs := range []bool{false, true} {
			c := losses.Criterion{Link: losses.SigmoidLink, Reduction: r, FromProbs: probs}
			_, h, err := Fit(context.Background(), Config{Epochs: 1, BatchSize: 7, LearnRate: 1e-12, Criterion: c}, set, set,
				nil)
			require.NoError(t, err)
			require.True(t, numtest.Close(h[0].Loss, h[0].Valid.Loss, 1e-5, 0), "%v %v: %v, want %v", r, probs, h[0].Loss,
				h[0].Valid.Loss)
			require.InDelta(t, h[0].Valid.Accuracy, h[0].Accuracy, 1e-9)
		}
	}
}

// One logit for two classes learns what two logits learn of the softmax.
func TestFitOneQuestion(t *testing.T) {
	trainSet, validSet := questionSet(300, 3, 1, 1), questionSet(200, 3, 1, 2)
	m, h, err := Fit(context.Background(), Config{Hidden: []int{8}, Epochs: 40, LearnRate: 1e-2, Criterion: sigmoid},
		trainSet, validSet, nil)
	require.NoError(t, err)
	require.Equal(t, []int{3, 8, 1}, m.Sizes())
	require.Greater(t, h[39].Valid.Accuracy, 0.95)
}

// What may not be meant is asked for: several true labels, or one logit, under the softmax; and a
// model is evaluated and distilled with its own link.
func TestLinkErrors(t *testing.T) {
	fit := func(c losses.Criterion, set *dataset.Dataset) error {
		_, _, err := Fit(context.Background(), Config{Criterion: c}, set, nil, nil)
		return err
	}
	set := questionSet(9, 3, 2, 1)
	copy(set.Labels.Float32s(), []float32{0, 1, 1, 1})
	err := fit(losses.Criterion{}, set)
	require.EqualError(t, err, "train: training set: dataset: labels: row 1: got a sum of 2, want a sum of 1: divide "+
		"the row by it, or use Link: SigmoidLink where several labels are true at once")
	require.ErrorIs(t, err, dataset.ErrLabel)
	err = fit(losses.Criterion{}, questionSet(9, 3, 1, 1))
	require.ErrorIs(t, err, ErrConfig)
	require.EqualError(t, err, "train: training set: got 1 class, whose softmax is 1 whatever the logit, so that "+
		"nothing is learnt; want 2 or more, or Link: SigmoidLink for a yes-or-no question")
	set.Labels.Float32s()[4] = 1.5
	require.ErrorIs(t, fit(sigmoid, set), dataset.ErrLabel)

	m := newModel([]int{3, 2}, 1)
	_, err = m.Evaluate(questionSet(9, 3, 2, 1), sigmoid)
	require.EqualError(t, err, "train: model: got a model of link softmax, want sigmoid as in the criterion")
	_, _, err = Fit(context.Background(), Config{Criterion: sigmoid, Teacher: m}, questionSet(9, 3, 2, 1), nil, nil)
	require.ErrorIs(t, err, ErrMismatch)
}

// A student of questions learns its teacher's probabilities.
func TestDistilQuestions(t *testing.T) {
	set := questionSet(300, 4, 3, 1)
	teacher, _, err := Fit(context.Background(), Config{Hidden: []int{16}, Epochs: 30, LearnRate: 1e-2,
		Criterion: sigmoid}, set, nil, nil)
	require.NoError(t, err)
	for _, mixup := range []float64{0, 0.2} {
		cfg := Config{Hidden: []int{16}, Epochs: 60, LearnRate: 1e-2, Seed: 2, Criterion: sigmoid, Mixup: mixup,
			Teacher: teacher, TeacherTemperature: 2, TeacherWeight: 1}
		student, _, err := Fit(context.Background(), cfg, set, nil, nil)
		require.NoError(t, err)
		want, err := teacher.Predict(set.Features)
		require.NoError(t, err)
		got, err := student.Predict(set.Features)
		require.NoError(t, err)
		sum := 0.0
		for i, p := range want.Float32s() {
			sum += math.Abs(float64(p - got.Float32s()[i]))
		}
		require.Less(t, sum/float64(len(want.Float32s())), 0.05)
	}
}

// A file keeps the link and the thresholds, and says nothing of them for a softmax.
func TestSaveQuestions(t *testing.T) {
	s := savedSample()
	s.Model, s.Thresholds = asked(t, s.Model), []float64{0.25, 1. / 3}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	require.NoError(t, s.Save(path))
	got, err := Load(path)
	require.NoError(t, err)
	require.Equal(t, losses.SigmoidLink, got.Model.Criterion().Link)
	require.Equal(t, s.Thresholds, got.Thresholds)
	got.Scaler = nil
	folded, err := got.Fold(nil)
	require.NoError(t, err)
	require.Equal(t, losses.SigmoidLink, folded.Criterion().Link)

	for name, change := range map[string]func(*Saved){
		"few":     func(s *Saved) { s.Thresholds = []float64{0.5} },
		"above":   func(s *Saved) { s.Thresholds = []float64{0.5, 1.5} },
		"softmax": func(s *Saved) { s.Model, _ = s.Model.WithCriterion(losses.Criterion{}) },
	} {
		bad := *s
		change(&bad)
		require.Error(t, bad.Save(path), name)
	}
	for name, change := range map[string]func(map[string]string){
		"link":    func(m map[string]string) { m["link"] = "probit" },
		"formula": func(m map[string]string) { m["formula"] = modelFormula(losses.Criterion{}) },
		"softmax": func(m map[string]string) { delete(m, "link") },
	} {
		content, err := s.encode()
		require.NoError(t, err)
		f, err := decodeResealed(content, modelKind)
		require.NoError(t, err)
		change(f.Metadata)
		_, err = decodeModel(f)
		require.ErrorIs(t, inFile("file", err), ErrFile, name)
	}
}

// ONNX ends in a sigmoid, and has the same probabilities.
func TestWriteONNXQuestions(t *testing.T) {
	s := onnxSample()
	s.Model, s.Thresholds = asked(t, s.Model), []float64{0.5, 0.25, 0.75, 0}
	var b bytes.Buffer
	require.NoError(t, s.WriteONNX(&b))
	f := readONNX(t, b.Bytes())
	require.Equal(t, "Sigmoid", f.nodes[len(f.nodes)-1].op)
	require.Equal(t, "[0.5,0.25,0.75,0]", f.metadata["thresholds"])
	x := onnxFeatures(true)
	probs, err := s.Predict(x)
	require.NoError(t, err)
	for i := range 3 {
		for j, p := range f.run(t, widen(x.Float32s()[3*i:3*i+3]))["probs"] {
			require.True(t, numtest.Close(float64(probs.Float32s()[4*i+j]), p, 0, 1e-6))
		}
	}
}

// Shards of a mini-batch learn what the whole one does.
func TestFitQuestionsInShards(t *testing.T) {
	set := questionSet(50, 4, 3, 1)
	cfg := Config{Hidden: []int{8}, Epochs: 3, BatchSize: 16, Criterion: sigmoid,
		Teacher: asked(t, newModel([]int{4, 3}, 1))}
	whole, h, err := Fit(context.Background(), cfg, set, set, nil)
	require.NoError(t, err)
	cfg.Shards = 3
	parts, hp, err := Fit(context.Background(), cfg, set, set, nil)
	require.NoError(t, err)
	requireClose(t, widen(weightsOf(whole)), weightsOf(parts), 1e-4, 1e-5, "weights")
	require.True(t, numtest.Close(h[2].Loss, hp[2].Loss, 1e-5, 0))
	require.InDelta(t, h[2].Accuracy, hp[2].Accuracy, 1e-9)
}
