package main

import (
	"image"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// The lines of the picture hold the numbers that the notebook prints.
func TestLossByAlphaIsTheNotebooks(t *testing.T) {
	f, err := lossByAlpha()
	require.NoError(t, err)
	soft := map[int][]float64{0: {0.5784, 1.1027, 1.9519}, 4: {0.7584, 1.7227, 2.1519}} // alpha 0 and 0.2
	hard := map[int][]float64{0: {0.0784, 0.0527, 2.4519}}
	for i, want := range []struct {
		title  string
		values map[int][]float64
	}{
		{"Soft labels, loss from probabilities", soft},
		{"Soft labels, loss from logits", soft},
		{"One-hot labels, loss from logits", hard},
		{"Class indices, loss from logits", hard},
	} {
		p := f.panels[i/2][i%2]
		assert.Equal(t, want.title, p.title)
		assert.Equal(t, "Alpha (smoothing parameter)", p.xLabel)
		assert.Equal(t, "Loss", p.yLabel)
		require.Len(t, p.series, 3)
		for row, s := range p.series {
			assert.Equal(t, []string{"0", "1", "2"}[row], s.name)
			require.Len(t, s.xs, 20)
			assert.InDelta(t, 0, s.xs[0], 0)
			assert.InDelta(t, 0.95, s.xs[19], 1e-15)
			for at, values := range want.values {
				assert.InDelta(t, values[row], s.ys[at], 5e-5, "%s row %d point %d", p.title, row, at)
			}
		}
	}
	for row := range notebookRows {
		assert.InDeltaSlice(t, f.panels[1][0].series[row].ys, f.panels[1][1].series[row].ys, 1e-12, "the notebook expects the same results")
	}
}

func TestLossByAlphaPicture(t *testing.T) {
	f, err := lossByAlpha()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "x.png")
	require.NoError(t, f.write(path))
	checkPicture(t, path, image.Pt(1650, 1200), lineStyles[0].Color, lineStyles[1].Color, lineStyles[2].Color)
}

func TestTrainingCurves(t *testing.T) {
	s, entry := exampleSummary(), describeLoss(losses.CrossEntropy{})
	f := trainingCurves(s, entry)
	loss, accuracy := f.panels[0][0], f.panels[0][1]
	assert.Equal(t, "Loss: cross entropy, alpha 0.1", loss.title)
	assert.Equal(t, []string{"Loss (nats)", "Accuracy (%)"}, []string{loss.yLabel, accuracy.yLabel})
	require.Len(t, loss.series, 3)
	assert.Equal(t, series{name: "train", xs: []float64{1, 2}, ys: []float64{1.66, 0.9}}, loss.series[0])
	assert.Equal(t, series{name: "test", xs: []float64{1, 2}, ys: []float64{1.13, 0.86}}, loss.series[1])
	assert.Equal(t, []float64{0.5003, 0.5003}, loss.series[2].ys)
	assert.Equal(t, series{name: "train", xs: []float64{1, 2}, ys: []float64{75, 87.5}}, accuracy.series[0])
	assert.InDeltaSlice(t, []float64{82.17, 89.14}, accuracy.series[1].ys, 1e-9)

	path := filepath.Join(t.TempDir(), "x.png")
	require.NoError(t, f.write(path))
	checkPicture(t, path, image.Pt(1650, 660), lineStyles[0].Color, lineStyles[1].Color, faintStyle.Color)

	s.Data.FlippedLabels = 3
	s.History = s.History[:1]
	loss = trainingCurves(s, entry).panels[0][0]
	assert.Equal(t, "train, labels with noise", loss.series[0].name)
	assert.Equal(t, []float64{1}, loss.series[2].xs, "one epoch is a mark, not a line")

	s.TestLowestLoss, s.Config.Alpha = unknown, 0
	mae := trainingCurves(s, describeLoss(losses.MAE{})).panels[0][0]
	assert.Equal(t, "Loss: mean absolute error", mae.title)
	assert.Equal(t, "Loss", mae.yLabel)
	assert.Len(t, mae.series, 2, "no line at a loss that is not known to be the lowest")
}

// What has the teacher's part in it is not on the axis of what has none.
func TestTrainingCurvesWithTeacher(t *testing.T) {
	s, entry := exampleSummary(), describeLoss(losses.CrossEntropy{})
	s.Teacher, s.Config.TeacherWeight = &teacherSummary{}, 0.5
	f := trainingCurves(s, entry)
	require.Len(t, f.panels[0], 3)
	names := func(p panel) (out []string) {
		for _, s := range p.series {
			out = append(out, s.name)
		}
		return out
	}
	taught, loss, accuracy := f.panels[0][0], f.panels[0][1], f.panels[0][2]
	assert.Equal(t, "Training loss, 0.5 of it the teacher's", taught.title)
	assert.Equal(t, []string{"train, with teacher"}, names(taught))
	assert.Equal(t, []string{"test", "lowest possible, test"}, names(loss))
	assert.Equal(t, []string{"train", "test"}, names(accuracy))
	assert.Equal(t, accuracy.styles()[1], loss.styles()[0], "the test rows have one colour")
	path := filepath.Join(t.TempDir(), "x.png")
	require.NoError(t, f.write(path))
	checkPicture(t, path, image.Pt(2310, 660), lineStyles[0].Color, lineStyles[1].Color)
	assert.Contains(t, s.trainingNotes(), "cannot be compared with the test loss")
}

func TestTrainingCurvesMarkTheBestEpoch(t *testing.T) {
	s, entry := exampleSummary(), describeLoss(losses.CrossEntropy{})
	s.BestEpoch = 2
	for _, p := range trainingCurves(s, entry).panels[0] {
		assert.False(t, p.series[len(p.series)-1].ring, "nothing was stopped")
	}
	s.StoppedEarly = true
	f := trainingCurves(s, entry)
	assert.Equal(t, series{name: "best: epoch 2", xs: []float64{2}, ys: []float64{0.86}, ring: true}, f.panels[0][0].series[2])
	assert.True(t, f.panels[0][1].series[2].ring)
	require.NoError(t, f.write(filepath.Join(t.TempDir(), "x.png")))
	assert.Contains(t, s.trainingNotes(), "A ring marks the best epoch")
}
