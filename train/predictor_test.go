package train

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
	"softloss/train/dataset"
	"softloss/train/metric"
)

// ownMaps are criteria whose losses predict with maps of their own.
var ownMaps = map[string]losses.Criterion{
	"sparsemax":                  {Loss: losses.Sparsemax{}},
	"entmax15":                   {Loss: losses.Entmax15{}},
	"bitempered:t1=1,t2=1.2":     {Loss: losses.BiTempered{T1: 0.8, T2: 1.2}},
	"sparsemax of questions":     {Loss: losses.Sparsemax{}, Link: losses.SigmoidLink},
	"a sum":                      {Loss: losses.WeightedSum{{Weight: 2, Loss: losses.Entmax15{}}}},
	"entmax15 at 3":              {Loss: losses.Entmax15{}, Temperature: 3},
	"bitempered t2=2, questions": {Loss: losses.BiTempered{T1: 1, T2: 2}, Link: losses.SigmoidLink},
}

// A model predicts with the map of its loss wherever it does: Predict, the metrics of Fit, a saved
// model at a temperature, one that was loaded and one that was folded; ONNX is refused.
func TestProbabilitiesAreThoseOfTheLoss(t *testing.T) {
	set := randomSet(60, 4, 3, 1)
	for name, c := range ownMaps {
		t.Run(name, func(t *testing.T) {
			m, h, err := Fit(context.Background(), Config{Hidden: []int{8}, Epochs: 3, LearnRate: 0.05, Criterion: c}, set, set,
				nil)
			require.NoError(t, err)
			want, err := c.Predictor()
			require.NoError(t, err)
			require.Equal(t, want, m.Criterion())
			require.NotNil(t, want.Loss)

			z, err := m.Logits(set.Features)
			require.NoError(t, err)
			p, err := want.Probs(z)
			require.NoError(t, err)
			got, err := m.Predict(set.Features)
			require.NoError(t, err)
			require.Equal(t, p.Float32s(), got.Float32s())
			pairs, labels, _ := metric.AsClasses(c.Link, p, set.Labels, nil)
			ece, err := metric.ECE(pairs, labels, nil, calibrationBins)
			require.NoError(t, err)
			require.Equal(t, ece, h[2].Valid.ECE)
			accuracy, err := metric.Accuracy(pairs, labels, nil)
			require.NoError(t, err)
			require.InDelta(t, accuracy, h[2].Valid.Accuracy, 1e-12)

			path := filepath.Join(t.TempDir(), "model.safetensors")
			require.NoError(t, (&Saved{Model: m, Temperature: 2}).Save(path))
			loaded, err := Load(path)
			require.NoError(t, err)
			require.Equal(t, want, loaded.Model.Criterion())
			want.Temperature = 2
			cool, err := want.Probs(z)
			require.NoError(t, err)
			again, err := loaded.Predict(set.Features)
			require.NoError(t, err)
			require.Equal(t, cool.Float32s(), again.Float32s())
			folded, err := loaded.Fold(nil)
			require.NoError(t, err)
			again, err = folded.Predict(set.Features)
			require.NoError(t, err)
			for i, v := range cool.Float32s() {
				require.True(t, numtest.Close(float64(again.Float32s()[i]), float64(v), 1e-5, 1e-6))
			}

			var b bytes.Buffer
			err = loaded.WriteONNX(&b)
			require.ErrorIs(t, err, ErrExport)
			require.ErrorContains(t, err, "predicts with the map of ")
			require.Zero(t, b.Len())
			_, err = m.Evaluate(set, losses.Criterion{Link: c.Link, FromProbs: true})
			require.ErrorIs(t, err, ErrMismatch)
		})
	}
}

// A sum of losses that predict with different maps is refused before the training, and so is a
// teacher beside a loss that is none of the softmax; a teacher of such a loss gives its own labels.
func TestPredictorErrors(t *testing.T) {
	set := randomSet(9, 3, 2, 1)
	fit := func(c Config) error {
		c.Epochs, c.Hidden = 1, []int{}
		_, _, err := Fit(context.Background(), c, set, nil, nil)
		return err
	}
	mixed := losses.WeightedSum{{Weight: 1, Loss: losses.CrossEntropy{}}, {Weight: 1, Loss: losses.Sparsemax{}}}
	err := fit(Config{Criterion: losses.Criterion{Loss: mixed}})
	require.ErrorIs(t, err, losses.ErrParam)
	require.ErrorContains(t, err, "train: criterion: ")
	_, err = newModel([]int{3, 2}, 1).WithCriterion(losses.Criterion{Link: 7})
	require.ErrorIs(t, err, losses.ErrParam)

	teacher, err := newModel([]int{3, 2}, 1).WithCriterion(losses.Criterion{Loss: losses.Sparsemax{}})
	require.NoError(t, err)
	err = fit(Config{Criterion: losses.Criterion{Loss: losses.Sparsemax{}}, Teacher: teacher})
	require.ErrorIs(t, err, ErrConfig)
	require.ErrorContains(t, err, "got a criterion that predicts with the map of sparsemax")
	require.NoError(t, fit(Config{Teacher: teacher}))
	d := distillation{teacher: teacher, temperature: 1}
	got, err := d.labels(set.Features)
	require.NoError(t, err)
	want, err := teacher.Predict(set.Features)
	require.NoError(t, err)
	require.Equal(t, want.Float32s(), got.Float32s())
}

// tempered is a model whose criterion has a Temperature, how its training went, and on which rows.
func tempered(t *testing.T) (m *Model, h History, set *dataset.Dataset) {
	set = randomSet(60, 4, 3, 1)
	m, h, err := Fit(context.Background(), Config{Hidden: []int{}, Epochs: 2,
		Criterion: losses.Criterion{Temperature: 0.25}}, set, set, nil)
	require.NoError(t, err)
	return m, h, set
}

// A Temperature of the criterion is part of what its model predicts with, at any of the doors; that
// of a Saved is in its place.
func TestTemperatureOfTheLoss(t *testing.T) {
	m, h, set := tempered(t)
	z := must(m.Logits(set.Features))
	nll, err := metric.NLL(must(losses.TeacherLabels(z, 0.25)), set.Labels, nil)
	require.NoError(t, err)
	require.True(t, numtest.Close(h[1].Valid.Loss, nll, 1e-5, 0))
	require.Equal(t, must(losses.TeacherLabels(z, 0.25)).Float32s(), must(m.Predict(set.Features)).Float32s())

	for own, want := range map[float64]*tensor.Dense{0: must(losses.TeacherLabels(z, 0.25)), 1: must(losses.Softmax(z)),
		2: must(losses.TeacherLabels(z, 2))} {
		s := &Saved{Model: m, Temperature: own}
		path := filepath.Join(t.TempDir(), "model.safetensors")
		require.NoError(t, s.Save(path))
		loaded, err := Load(path)
		require.NoError(t, err)
		require.Equal(t, own, loaded.Temperature)
		require.Equal(t, 0.25, loaded.Model.Criterion().Temperature)
		folded, err := loaded.Fold(nil)
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, s.WriteONNX(&b))
		onnx := readONNX(t, b.Bytes()).run(t, widen(set.Features.Float32s()[:4]))["probs"]
		for i, v := range want.Float32s()[:3] {
			require.Equal(t, v, must(loaded.Predict(set.Features)).Float32s()[i])
			require.InDelta(t, v, must(folded.Predict(set.Features)).Float32s()[i], 1e-6)
			require.InDelta(t, v, onnx[i], 1e-6)
		}
	}
}

// A teacher's labels are its own probabilities at T = 1, and a student with a temperature learns
// them. A run with this teacher is another one than a run with a teacher of the same layers alone.
func TestTemperatureOfATeacher(t *testing.T) {
	m, _, set := tempered(t)
	d := distillation{teacher: m, temperature: 1}
	require.Equal(t, must(m.Predict(set.Features)).Float32s(), must(d.labels(set.Features)).Float32s())
	require.Equal(t, 0.5, (&distillation{temperature: 2}).criterion(m.Criterion()).Temperature)
	bare, err := m.WithCriterion(losses.Criterion{})
	require.NoError(t, err)
	var teachers []string
	for _, teacher := range []*Model{m, bare} {
		run, err := identity(Config{Teacher: teacher}, set, nil)
		require.NoError(t, err)
		teachers = append(teachers, run.Teacher)
	}
	require.Equal(t, teachers[1]+", temperature 0.25", teachers[0])
}

func TestLoadForeignTemperatureOfTheLoss(t *testing.T) {
	s := savedSample()
	m, err := s.Model.WithCriterion(losses.Criterion{Temperature: 0.25})
	require.NoError(t, err)
	s.Model = m
	content, err := s.encode()
	require.NoError(t, err)
	for _, text := range []string{"0", "-1", "NaN", "Inf", "x"} {
		f, err := decodeResealed(content, modelKind)
		require.NoError(t, err)
		f.Metadata["loss_temperature"] = text
		_, err = decodeModel(f)
		require.ErrorIs(t, inFile("file", err), ErrFile, text)
	}
}

func must(t *tensor.Dense, err error) *tensor.Dense {
	if err != nil {
		panic(err)
	}
	return t
}

// A criterion of probabilities judges those that the model predicts, at its temperature, on tensors
// and in a graph.
func TestEvaluateProbabilitiesAtTemperature(t *testing.T) {
	for _, link := range []losses.Link{losses.SoftmaxLink, losses.SigmoidLink} {
		set := randomSet(40, 4, 3, 1)
		m, err := newModel([]int{4, 3}, 1).WithCriterion(losses.Criterion{Link: link, Temperature: 0.25})
		require.NoError(t, err)
		ofProbs := losses.Criterion{Link: link, FromProbs: true}
		got, err := m.Evaluate(set, ofProbs)
		require.NoError(t, err)
		ofLogits, err := m.Evaluate(set, losses.Criterion{Link: link, Temperature: 0.25})
		require.NoError(t, err)
		inGraph, err := m.EvaluateGraph(set, ofProbs)
		require.NoError(t, err)
		require.True(t, numtest.Close(got.Loss, ofLogits.Loss, 1e-5, 0), link)
		require.True(t, numtest.Close(inGraph, got.Loss, 1e-5, 0), link)
	}
}

// A file with a loss that says nothing, or is written otherwise, is damaged.
func TestLoadOtherLoss(t *testing.T) {
	s := savedSample()
	var err error
	s.Model, err = s.Model.WithCriterion(ownMaps["entmax15"])
	require.NoError(t, err)
	content, err := s.encode()
	require.NoError(t, err)
	for _, loss := range []string{"", "ce", "softmax", "bitempered", "bitempered:t1=1,t2=1", "1*sparsemax+1*ce",
		"sparsemax"} {
		f, err := decodeResealed(content, modelKind)
		require.NoError(t, err)
		f.Metadata["loss"] = loss
		_, err = decodeModel(f)
		require.ErrorIs(t, inFile("file", err), ErrFile, loss) // of sparsemax the formula says another one
	}
}

// Of two classes of a softmax one may have a threshold.
func TestThresholdOfTwoClasses(t *testing.T) {
	s := savedSample()
	require.Equal(t, 2, s.Model.Sizes()[len(s.Model.Sizes())-1])
	require.Equal(t, []int{0, 0, 1}, []int{s.Class([]float32{.6, .4}), s.Class([]float32{.5, .5}), s.Class([]float32{.4,
		.6})})
	s.Thresholds = []float64{0, 0.25}
	require.Equal(t, []int{1, 1, 0}, []int{s.Class([]float32{.6, .4}), s.Class([]float32{.75, .25}), s.Class([]float32{.8,
		.2})})
	path := filepath.Join(t.TempDir(), "model.safetensors")
	require.NoError(t, s.Save(path))
	loaded, err := Load(path)
	require.NoError(t, err)
	require.Equal(t, s.Thresholds, loaded.Thresholds)
	s.Thresholds = []float64{0.25, 0}
	require.Equal(t, []int{0, 0, 1}, []int{s.Class([]float32{.4, .6}), s.Class([]float32{.25, .75}), s.Class([]float32{.2,
		.8})})

	for _, bad := range [][]float64{{}, {0.5}, {0, 0}, {0.5, 0.5}, {0, 1.5}, {0.1, 0, 0}} {
		s.Thresholds = bad
		require.Error(t, s.Save(path), bad)
	}
	three := &Saved{Model: newModel([]int{2, 3}, 1), Thresholds: []float64{0, 0, 0.5}}
	require.ErrorIs(t, three.Save(path), ErrValue)
	require.Equal(t, 1, three.Class([]float32{.2, .5, .3}))
}
