package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/record"
)

// A teacher says here what it says of the same rows in its own run, although the features are
// scaled in another way; and a student that has nothing but the teacher to learn from learns.
func TestTeacher(t *testing.T) {
	inPairs(t)
	const data = "-data a-images.gz -labels a-classes -testdata b-images.gz -testlabels b-classes "
	big := summaryOf(t, data+"-epochs 20 -calibrate -out big")
	code, stdout, stderr := demo(t, strings.Fields(data+"-validation 0.5 -hidden none -epochs 12 -lr 0.01 -noise 1 "+
		"-teacher big/model.safetensors -teacherweight 1 -temperature 3 -json run.json -out small")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "\nteacher  big/model.safetensors (64 - 256 - 10) at temperature 3, 1 of the loss\n")
	assert.Regexp(t, `\ntest           .+\nteacher, test  .+\n`, stdout)
	s := readSummary(t, "run.json")
	require.NotNil(t, s.Teacher)
	assert.Equal(t, []int{64, 256, 10}, s.Teacher.Sizes)
	assert.Equal(t, big.TestAccuracy, s.Teacher.TestAccuracy)
	assert.InDelta(t, float64(big.Calibration.ECEAfter), float64(s.Teacher.ECE), 1e-5, "its temperature goes with it")
	assert.Greater(t, s.TestAccuracy, record.Float(0.8), "every label was wrong")
	assert.Equal(t, []any{"big/model.safetensors", 3.0, 1.0}, []any{s.Config.Teacher, s.Config.Temperature,
		s.Config.TeacherWeight})

	// The mixing weight and the temperature reach the trainer.
	same := data + "-hidden none -epochs 2 -noplots -teacher big/model.safetensors "
	a := summaryOf(t, same)
	for _, other := range []string{"-teacherweight 0.9", "-temperature 1"} {
		b := summaryOf(t, same+other)
		assert.NotEqual(t, a.History[1].TrainLoss, b.History[1].TrainLoss, other)
	}
	demotest.Same(t, a.History, summaryOf(t, same+"-temperature 2 -teacherweight 0.5").History)
}

func TestTeacherErrors(t *testing.T) {
	model, shapes := shapesModel(t), testdata("shapes.csv")
	inPairs(t)
	const npy = "-data a-x.npy -labels a-y.npy -epochs 1 -hidden 4 "
	summaryOf(t, npy+"-out npy")
	summaryOf(t, npy+"-noplots -checkpoint run -teacher npy/model.safetensors")
	for _, tc := range []struct{ args, want string }{
		{"-temperature 3", `-temperature is that of a -teacher FILE; -calibrate finds the one of a model`},
		{"-teacherweight 0.5", `-teacherweight needs -teacher FILE: a model that demo train saved`},
		{"-teacher m -temperature 0", `invalid value "0" for flag -temperature: want a number > 0`},
		{"-teacher m -teacherweight 1.5", `invalid value "1.5" for flag -teacherweight: want a number above 0, up to 1`},
		{"-teacher none", `-teacher none: no such file; demo train saves one`},
		{"-teacher a-x.npy", `-teacher: .*a-x\.npy.*`},
		{"-teacher " + model, `-teacher .+: got a model of 5 features, want 64 as in -data`},
		{"-teacher npy/model.safetensors -noplots", `-teacher .+: feature 0: got "feature_0", want "pixel_0_0" as in -data`},
		{"-data a-x.npy -labels a-several.npy -link sigmoid -noplots -teacher npy/model.safetensors",
			`-teacher .+: got a model of 10 classes, want \d as in -data`},
		{"-data " + shapes + " -label colour -teacher " + model,
			`-teacher .+: feature 2: got "colour=blue", want "kind=disc" as in -data`},
		{npy + "-temperature 1e9 -noplots -teacher npy/model.safetensors",
			`-temperature: got 1e\+09, want a number from 0\.001 to 1000 \(0 means 1\)`},
		{npy + "-noplots -out npy -teacher npy/../npy/model.safetensors",
			`-teacher .+: the run would write its model over it; give -out another folder`},
		{npy + "-noplots -teacher npy/model.safetensors -json npy/model.safetensors",
			`-json npy/model\.safetensors: is a file that is read, want another one`},
		{npy + "-noplots -repeat 2 -json a-y.npy", `-json a-y\.npy: is a file that is read, want another one`},
		{npy + "-noplots -testdata a-x.npy -testlabels a-y.npy -json ./a-x.npy", `-json \./a-x\.npy: is a file .+`},
		{npy + "-noplots -checkpoint run -resume", `-resume: the run in run has another -teacher, or none; .+`},
	} {
		refused(t, "train -quiet "+tc.args, tc.want)
	}
}
