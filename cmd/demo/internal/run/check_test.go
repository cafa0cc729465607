package run

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/train"
	"softloss/train/dataset"
)

func TestTeacherFlags(t *testing.T) {
	o, err := Parse(strings.Fields("-teacher m"))
	require.NoError(t, err)
	assert.Equal(t, []float64{2, 0.5}, []float64{o.Temperature, o.TeacherWeight})
	o, err = Parse(strings.Fields("-teacher m -temperature 4 -teacherweight 1"))
	require.NoError(t, err)
	assert.Equal(t, []float64{4, 1}, []float64{o.Temperature, o.TeacherWeight})
	s := &session{Options: o, teacher: &train.Model{},
		train: &dataset.Dataset{Features: tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(1, 1))}}
	c := s.trainConfig()
	assert.Equal(t, []any{s.teacher, 4.0, 1.0}, []any{c.Teacher, c.TeacherTemperature, c.TeacherWeight})
}

// Labels of one's own are smoothed only when that is asked for.
func TestAlphaDefaults(t *testing.T) {
	for args, want := range map[string]float64{
		"": 0.1, "-data housing": 0.1, "-data t.csv": 0, "-data t.csv -alpha 0.2": 0.2, "-alpha 0": 0,
	} {
		o, err := Parse(strings.Fields(args))
		require.NoError(t, err, args)
		assert.InDelta(t, want, o.criterion.Smoothing.Alpha, 0, args)
		assert.InDelta(t, want, o.Config.Alpha, 0, args)
	}
}

func TestValidationDefaults(t *testing.T) {
	for args, want := range map[string]float64{
		"": 0, "-validation 0": 0, "-validation 0.3": 0.3, "-patience 3": 0.1, "-calibrate": 0.1,
		"-patience 3 -calibrate -validation 0.25": 0.25,
	} {
		o, err := Parse(strings.Fields(args))
		require.NoError(t, err, args)
		assert.InDelta(t, want, o.Validation, 0, args)
	}
}
