package show

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
)

// classesShown are the lines of the table of classes, of which there may be many.
const classesShown = 20

// Verdict writes how well each class is found, and what to compare that with.
func Verdict(w io.Writer, v *record.Verdict) {
	table(w, "", verdictRows(v))
	fmt.Fprintln(w)
	if more := len(v.Classes) - classesShown; more > 0 && v.Questions == nil {
		fmt.Fprintf(w, "%d more classes, found better than these, are in the summary\n", more)
	}
	beside := ""
	if v.Accuracy <= v.Majority {
		beside = ": this model is no better"
	}
	fmt.Fprintf(w, "%s is right in %s%s\n", majorityText(v), record.Percent(v.Majority), beside)
	if q := v.Questions; q != nil {
		fmt.Fprintf(w, "all labels of a row are right in %s\n", record.Percent(q.AllRight))
	}
	fmt.Fprintf(w, "negative log likelihood of the labels %s nats, Brier score %s (0 is perfect)\n\n",
		record.Decimal(v.NLL), record.Decimal(v.Brier))
	if text := twoClasses(v); text != "" {
		fmt.Fprintf(w, "%s\n\n", text)
	}
}

// twoClasses says how well the rarer of two classes is found, or the one that the model has a
// threshold of, "" where there are more.
func twoClasses(v *record.Verdict) string {
	t := v.TwoClasses
	if t == nil || !t.ROCAUC.Finite() && !t.Used {
		return ""
	}
	name := cli.OneLine(t.Class)
	text := "the rarer class, " + name
	if t.Used {
		text = fmt.Sprintf("the class %s is said from %s on, as the validation rows have chosen, here and by the saved "+
			"model", name, record.Percent(t.Threshold))
	}
	if t.ROCAUC.Finite() {
		beside := ","
		if t.Used {
			beside = ";\n "
		}
		text += fmt.Sprintf("%s by its probability: area under the ROC curve %s, average precision %s", beside,
			record.Decimal(t.ROCAUC), record.Decimal(t.AveragePrecision))
	}
	if s := t.AtThreshold; s != nil {
		text += fmt.Sprintf(";\n  said from %s on, where the validation rows have the best F1: precision %s, recall %s, F1 "+
			"%s\n  (-thresholds makes the saved model say it from there on)",
			record.Percent(t.Threshold), record.Percent(s.Precision), record.Percent(s.Recall), record.Percent(s.F1))
	}
	return text
}

// majorityText is the prediction that needs no model.
func majorityText(v *record.Verdict) string {
	if v.Questions != nil {
		return "always giving each label its most frequent answer"
	}
	return "always predicting the most frequent class"
}

// verdictRows returns the cells of a table, its head first: every class, or those that are found
// worst, and the mean.
func verdictRows(v *record.Verdict) [][]string {
	head := []string{"class", "precision", "recall", "F1", "support"}
	line := func(name string, s record.Score) []string {
		return []string{name, record.Percent(s.Precision), record.Percent(s.Recall), record.Percent(s.F1),
			strconv.FormatFloat(float64(s.Support), 'f', -1, 64)}
	}
	if q := v.Questions; q != nil {
		head[0] = "label"
		out := [][]string{append(head, "true from")}
		for k, c := range v.Classes {
			out = append(out, append(line(c.Class, c.Score), strconv.FormatFloat(q.Thresholds[k], 'f', 3, 64)))
		}
		return append(out, append(line("all labels together", q.Micro), ""), append(line("mean of the labels", v.Macro), ""))
	}
	out := [][]string{head}
	classes := v.Classes
	if len(classes) > classesShown {
		classes = slices.Clone(classes)
		slices.SortStableFunc(classes, func(a, b record.ClassScore) int { return cmp.Compare(a.F1, b.F1) })
		classes = classes[:classesShown]
	}
	for _, c := range classes {
		out = append(out, line(c.Class, c.Score))
	}
	return append(out, line("mean of the classes", v.Macro))
}
