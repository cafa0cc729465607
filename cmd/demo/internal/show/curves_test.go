package show

import (
	"image"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

func TestTrainingCurves(t *testing.T) {
	s := demotest.ExampleRun()
	f := trainingCurves(s)
	loss, accuracy := f.Panels[0][0], f.Panels[0][1]
	assert.Equal(t, "Loss: cross entropy, alpha 0.1", loss.Title)
	assert.Equal(t, []string{"Loss (nats)", "Accuracy (%)"}, []string{loss.YLabel, accuracy.YLabel})
	require.Len(t, loss.Series, 3)
	assert.Equal(t, figure.Series{Name: "train", X: []float64{1, 2}, Y: []float64{1.66, 0.9}}, loss.Series[0])
	assert.Equal(t, figure.Series{Name: "test", X: []float64{1, 2}, Y: []float64{1.13, 0.86}}, loss.Series[1])
	assert.Equal(t, []float64{0.5003, 0.5003}, loss.Series[2].Y)
	assert.Equal(t, figure.Series{Name: "train", X: []float64{1, 2}, Y: []float64{75, 87.5}}, accuracy.Series[0])
	assert.InDeltaSlice(t, []float64{82.17, 89.14}, accuracy.Series[1].Y, 1e-9)

	path := filepath.Join(t.TempDir(), "x.png")
	require.NoError(t, f.Write(path))
	demotest.Picture(t, path, image.Pt(1650, 660), figure.LineStyles[0].Color, figure.LineStyles[1].Color,
		figure.FaintStyle.Color)

	s.Data.FlippedLabels = 3
	s.History = s.History[:1]
	loss = trainingCurves(s).Panels[0][0]
	assert.Equal(t, "train, labels with noise", loss.Series[0].Name)
	assert.Equal(t, "test", loss.Series[1].Name)
	assert.Equal(t, []float64{1}, loss.Series[2].X, "one epoch is a mark, not a line")
	s.Data.ValidationRows = 30
	assert.Equal(t, "validation, labels with noise", trainingCurves(s).Panels[0][0].Series[1].Name)
	s.Data.ValidationRows = 0

	s.Config.Loss, s.TestLowestLoss, s.Config.Alpha = "mae", record.Unknown, 0
	mae := trainingCurves(s).Panels[0][0]
	assert.Equal(t, "Loss: mean absolute error", mae.Title)
	assert.Equal(t, "Loss", mae.YLabel)
	assert.Len(t, mae.Series, 2, "no line at a loss that is not known to be the lowest")
}

// With validation rows the curves are theirs.
func TestTrainingCurvesOfValidation(t *testing.T) {
	s := demotest.ExampleRun()
	s.Data.ValidationRows, s.ValidationLowestLoss = 100, 0.5
	s.History[1].ValidationLoss = 0.75
	loss := trainingCurves(s).Panels[0][0]
	assert.Equal(t, []string{"validation", "lowest possible, validation"}, []string{loss.Series[1].Name,
		loss.Series[2].Name})
	assert.InDelta(t, 0.75, loss.Series[1].Y[1], 0)
}

// What has the teacher's part in it is not on the axis of what has none.
func TestTrainingCurvesWithTeacher(t *testing.T) {
	s := demotest.ExampleRun()
	s.Teacher, s.Config.TeacherWeight = &record.Teacher{}, 0.5
	f := trainingCurves(s)
	require.Len(t, f.Panels[0], 3)
	names := func(p figure.Panel) (out []string) {
		for _, s := range p.Series {
			out = append(out, s.Name)
		}
		return out
	}
	taught, loss, accuracy := f.Panels[0][0], f.Panels[0][1], f.Panels[0][2]
	assert.Equal(t, "Training loss, 0.5 of it the teacher's", taught.Title)
	assert.Equal(t, []string{"train, with teacher"}, names(taught))
	s.Data.FlippedLabels = 3
	assert.Equal(t, "train, labels with noise, with teacher", trainingCurves(s).Panels[0][0].Series[0].Name)
	s.Data.FlippedLabels = 0
	assert.Equal(t, []string{"test", "lowest possible, test"}, names(loss))
	assert.Equal(t, []string{"train", "test"}, names(accuracy))
	assert.Equal(t, accuracy.Styles()[1], loss.Styles()[0], "the test rows have one colour")
	path := filepath.Join(t.TempDir(), "x.png")
	require.NoError(t, f.Write(path))
	demotest.Picture(t, path, image.Pt(2310, 660), figure.LineStyles[0].Color, figure.LineStyles[1].Color)
	assert.Contains(t, trainingNotes(s), "cannot be compared with the test loss")
}

func TestTrainingCurvesMarkTheBestEpoch(t *testing.T) {
	s := demotest.ExampleRun()
	s.BestEpoch = 2
	for _, p := range trainingCurves(s).Panels[0] {
		assert.False(t, p.Series[len(p.Series)-1].Ring, "nothing was stopped")
	}
	s.StoppedEarly = true
	f := trainingCurves(s)
	assert.Equal(t, figure.Series{Name: "best: epoch 2", X: []float64{2}, Y: []float64{0.86}, Ring: true},
		f.Panels[0][0].Series[2])
	assert.True(t, f.Panels[0][1].Series[2].Ring)
	require.NoError(t, f.Write(filepath.Join(t.TempDir(), "x.png")))
	assert.Contains(t, trainingNotes(s), "A ring marks the best epoch")
}
