package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// Several labels of a digit are learned, judged one by one and together, and saved with their
// thresholds.
func TestSeveralLabels(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := demo(t, strings.Fields("-data digits-labels -epochs 15 -hidden 64 -calibrate -thresholds")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "64 features, 5 labels, each true or not\n")
	assert.Contains(t, stdout, "cross entropy of the sigmoid of each label\n")
	assert.Regexp(t, `label +precision +recall +F1 +support +true from
even +9\d\.\d\d %.+ +0\.\d{3}
(.+\n){4}all labels together +9\d.+
mean of the labels +9\d.+

always giving each label its most frequent answer is right in 56\.\d\d %
all labels of a row are right in [89]\d\.\d\d %
`, stdout)
	content, err := os.ReadFile(filepath.Join("demo-out", record.SummaryFile))
	require.NoError(t, err)
	s := decode(t, content)
	assert.Equal(t, "sigmoid", s.Config.Link)
	assert.Zero(t, s.Config.Alpha)
	assert.True(t, s.GraphAgrees)
	v := s.Test.Verdict
	require.Len(t, v.Classes, 5)
	assert.Greater(t, v.Questions.Micro.F1, record.Float(0.9))
	assert.Empty(t, s.Test.Confusion)
	assert.NoFileExists(t, filepath.Join("demo-out", record.ConfusionFile))
	report, err := os.ReadFile(filepath.Join("demo-out", record.ReportFile))
	require.NoError(t, err)
	assert.Contains(t, string(report), "mean F1 of the labels")
	assert.Contains(t, string(report), "of fewer than 10 answers, and chance")

	saved, err := train.Load("demo-out/model.safetensors")
	require.NoError(t, err)
	assert.Equal(t, losses.SigmoidLink, saved.Model.Criterion().Link)
	assert.Equal(t, v.Questions.Thresholds, saved.Thresholds)
	assert.NotEqual(t, 0.5, saved.Thresholds[0])
	set, err := dataset.DigitQuestions()
	require.NoError(t, err)
	assert.Equal(t, set.ClassNames, saved.ClassNames)
	probs, err := saved.Predict(set.Features)
	require.NoError(t, err)
	all, err := record.Judge(saved, probs, set.Labels, nil)
	require.NoError(t, err)
	assert.Greater(t, all.Accuracy, record.Float(0.95), "most rows are of the training")
}

// Of two classes one logit says which: the second, whose name the model has.
func TestOneLogit(t *testing.T) {
	t.Chdir(t.TempDir())
	var b strings.Builder
	b.WriteString("x,y,ripe\n")
	for i := range 200 {
		x, y := i%20, i/20
		fmt.Fprintf(&b, "%d,%d,%s\n", x, y, map[bool]string{false: "no", true: "yes"}[x+y > 14])
	}
	require.NoError(t, os.WriteFile("fruit.csv", []byte(b.String()), 0o666))
	code, stdout, stderr := demo(t, strings.Fields("-data fruit.csv -link sigmoid -hidden 16 -lr 0.01 -epochs 40 -noise "+
		"0.01 -noplots")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "2 features, 1 label, true or not in the column \"ripe\"\n")
	assert.Contains(t, stdout, "network  2 - 16 - 1\n")
	assert.Regexp(t, `\nyes +\d+\.\d\d % .+ 0\.500\n`, stdout)
	saved, err := train.Load("demo-out/model.safetensors")
	require.NoError(t, err)
	assert.Equal(t, []string{"yes"}, saved.ClassNames)
	content, err := os.ReadFile(filepath.Join("demo-out", record.SummaryFile))
	require.NoError(t, err)
	assert.Greater(t, decode(t, content).TestAccuracy, record.Float(0.9))

	code, stdout, stderr = demo(t, strings.Fields("evaluate demo-out/model.safetensors fruit.csv")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `accuracy (9\d|100)\.\d\d %`, stdout)
	require.NoError(t, os.WriteFile("new.csv", []byte("y,x\n9,19\n0,0\n"), 0o666))
	_, stdout, _ = demo(t, "predict", "new.csv")
	assert.Equal(t, "  row  labels\n    1  yes\n    2  -\n", stdout)
}

// What may not be meant is asked for.
func TestLinkUsage(t *testing.T) {
	t.Chdir(t.TempDir())
	asymmetric := "-loss asymmetric:gammapos=0,gammaneg=4,margin=0.05: is for labels of which several may be true at " +
		"once (-link sigmoid); for rows of one class (-link softmax) want one of " +
		strings.Join(input.LossNames(losses.SoftmaxLink), ", ")
	for args, want := range map[string]string{
		"-data digits-labels -link softmax": "-link softmax is for rows of one class, but of -data digits-labels several " +
			"labels may be true at once: want -link sigmoid, or with -soft K shares of a row, which are divided by their sum",
		"-data digits-labels -noise 0.1": "-noise replaces a class by another one, but -data digits-labels has several " +
			"labels",
		"-thresholds": "-thresholds is for labels of -link sigmoid, or for two classes; of 10 the " +
			"likeliest is predicted",
		"-data digits-labels -thresholds -validation 0": "-thresholds needs validation rows to go by: want -validation " +
			"above 0, or none for 0.1",
		"-loss asymmetric":    asymmetric,
		"-loss ce+asymmetric": asymmetric,
		"compare -data digits-labels": "-data digits-labels has several labels a row, but what is compared are losses of " +
			"classes",
	} {
		refused(t, args, regexp.QuoteMeta(want))
	}
}

// A table with several label columns is trained on, predicted and evaluated by their names.
func TestLabelColumns(t *testing.T) {
	t.Chdir(t.TempDir())
	var b strings.Builder
	b.WriteString("sweet,x,big,y,name\n")
	answer := map[bool]string{false: "no", true: "yes"}
	for i := range 240 {
		x, y := i%20, i/20
		fmt.Fprintf(&b, "%s,%d,%d,%d,fruit %d\n", answer[x+y > 20], x, map[bool]int{true: 1}[x > 11], y, i)
	}
	require.NoError(t, os.WriteFile("fruit.csv", []byte(b.String()), 0o666))
	code, stdout, stderr := demo(t, strings.Fields("-data fruit.csv -label sweet,big -drop name -hidden 16 -lr 0.01 "+
		"-epochs 60 -noplots")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, stdout, "2 features, 2 labels, each true or not\n")
	refused(t, "-data fruit.csv -label big,sweet,big",
		`-label big: this column of fruit\.csv is named a second time; the others are "x", "y", "name"`)
	refused(t, "-data fruit.csv -label big -drop big", `-label big: this column of fruit\.csv is named a second time; .+`)

	require.NoError(t, os.WriteFile("new.csv", []byte("name,y,x\na,11,19\nb,0,0\nc,0,19\n"), 0o666))
	code, stdout, stderr = demo(t, "predict", "new.csv")
	require.Equal(t, exitDone, code, stderr)
	assert.Equal(t, "  row  labels\n    1  sweet, big\n    2  -\n    3  big\n", stdout)
	_, stdout, _ = demo(t, "predict", "-format", "csv", "-id", "name", "new.csv")
	assert.Regexp(t, `^row,name,labels,sweet,big\n1,a,sweet;big,0\.\d+,(1|0\.\d+)\n2,b,,`, stdout)
	_, stdout, _ = demo(t, "predict", "-format", "jsonl", "new.csv")
	assert.Regexp(t, `^{"row":1,"labels":\["sweet","big"\],"probabilities":{"big":[^,]+,"sweet":[^,]+}}\n`+
		`{"row":2,"labels":\[\],`, stdout)

	require.NoError(t, os.WriteFile("soft.csv", []byte("x,a,b\n"+strings.Repeat("1,1,1\n2,0,1\n", 20)), 0o666))
	_, noted, _ := demo(t, strings.Fields("-data soft.csv -soft 2 -epochs 1 -noplots -out soft")...)
	assert.Contains(t, noted, "16 training rows share their label out equally: if several labels are true at once, say "+
		"-label NAME,NAME,... in place of -soft\n")

	code, _, stderr = demo(t, "-data", "fruit.csv", "-label", "sweet, bag", "-drop", " name ")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "-label bag: no such column", "white space around a name does not count")

	code, stdout, stderr = demo(t, strings.Fields("evaluate demo-out/model.safetensors fruit.csv -drop name")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `accuracy (9\d|100)\.(.|\n)+\nsweet +\d+\.\d\d %.+\nbig +\d+\.\d\d %.+\nall labels together`, stdout)
	for args, want := range map[string]string{
		"-data fruit.csv -label sweet,bag -drop name": `-label bag: no such column in fruit\.csv; the columns are ` +
			`"sweet", "x", "big", "y", "name"; did you mean "big"\?`,
		"-data fruit.csv -label sweet,": `invalid value "sweet," for flag -label: a name is missing, want one before and ` +
			`one behind each comma`,
		"-data fruit.csv -drop ,": `invalid value "," for flag -drop: a name is missing, .+`,
		"-data fruit.csv -label sweet,y -drop name": `-data fruit\.csv: line \d+ column 4 \("y"\): got "2", want yes or ` +
			`no, or a number from 0 to 1`,
		"-data fruit.csv -label sweet,big -soft 2":               `-label and -soft exclude each other: .+`,
		"evaluate demo-out/model.safetensors new.csv -drop name": `-label sweet: no such column in new\.csv; .+`,
	} {
		refused(t, args, want)
	}
}

// The labels of the rows are those of the model by their names, in whatever order they stand or are
// given, as columns of their own and as shares.
func TestEvaluateLabelsInAnyOrder(t *testing.T) {
	t.Chdir(t.TempDir())
	evaluation := func(head, rows, args string) string {
		require.NoError(t, os.WriteFile("new.csv", []byte(head+"\n"+strings.Repeat(rows, 20)), 0o666))
		code, stdout, stderr := demo(t, strings.Fields("evaluate demo-out/model.safetensors new.csv "+args)...)
		require.Equal(t, exitDone, code, stderr)
		return stdout
	}
	const rows = "1,1,0,0\n2,0,1,0\n3,0,1,0\n4,0,0,1\n"
	for _, labels := range []string{"-label a,b,c", "-soft 3"} {
		require.NoError(t, os.WriteFile("old.csv", []byte("x,a,b,c\n"+strings.Repeat(rows, 20)), 0o666))
		code, _, stderr := demo(t, strings.Fields("-data old.csv -link sigmoid -epochs 1 -hidden 2 -noplots "+labels)...)
		require.Equal(t, exitDone, code, stderr)
		want := evaluation("x,a,b,c", rows, labels)
		assert.Regexp(t, `\na +.+ 20 +0\.500\nb +.+ 40 +0\.500\nc +.+ 20 +0\.500\n`, want)
		assert.Equal(t, want, evaluation("x,b,a,c", "1,0,1,0\n2,1,0,0\n3,1,0,0\n4,0,0,1\n", labels), labels)
		assert.Equal(t, want, evaluation("x,a,b,c", rows, strings.ReplaceAll(labels, "a,b,c", "c,b,a")), labels)
		assert.Equal(t, want, evaluation("x,A,B,C", rows, strings.ReplaceAll(labels, "a,b,c", "A,B,C")),
			"other names, in their order")
	}
	require.NoError(t, os.WriteFile("new.csv", []byte("x,A,b,c\n"+rows), 0o666))
	refused(t, "evaluate demo-out/model.safetensors new.csv -label A,b,c",
		`new\.csv: got the class "A", .+ as in the model`)
}
