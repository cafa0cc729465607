package run

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
	"softloss/internal/phrase"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// printNotes writes, below the head, what a user may not have meant.
func (s *session) printNotes() {
	for _, note := range []string{
		s.noteLabel(), s.noteShares(), s.noteOne(), s.noteCounting(), s.noteWords(), s.noteCase(), s.noteUntrained(),
		s.noteClasses(), s.noteValidation(), s.noteNoise(), s.noteAlpha(), s.noteMap(), s.noteWarmup(), s.noteMachine(),
		s.noteOldRun(),
	} {
		if note != "" {
			fmt.Fprintf(s.text, "note     %s\n", note)
		}
	}
}

// noteLabel is about classes that look like a feature.
func (s *session) noteLabel() string {
	name := s.summary.Data.Label
	if name == "" {
		return ""
	}
	fractional := slices.ContainsFunc(s.train.ClassNames, func(class string) bool {
		x, err := strconv.ParseFloat(class, 64)
		return err == nil && x != float64(int64(x))
	})
	hasText := slices.ContainsFunc(s.train.FeatureNames,
		func(feature string) bool { return strings.Contains(feature, "=") })
	if s.data.CSV.Label == "" && fractional && hasText {
		return fmt.Sprintf("the classes are numbers of %q; -label NAME takes another column", name)
	}
	return ""
}

// noteCounting is about a column that numbers the rows, from which a model learns their order.
func (s *session) noteCounting() string {
	if s.counting == "" {
		return ""
	}
	return fmt.Sprintf("the column %q counts the rows: -drop %s leaves it out", s.counting, cli.ShellWord(s.counting))
}

// countingColumn is a column of a table that goes up by one from row to row, "" where there is
// none.
func countingColumn(set *dataset.Dataset) string {
	values, ok := set.Features.Data().([]float64)
	k := set.NumFeatures()
	for j := 0; ok && j < k && set.Len() >= show.FewRows; j++ {
		i := 1
		for i < set.Len() && values[i*k+j] == values[j]+float64(i) {
			i++
		}
		if i == set.Len() && j < len(set.FeatureNames) {
			return set.FeatureNames[j]
		}
	}
	return ""
}

// noteWords is about a column of words that are digits and signs: dates, ranges or numbers in a
// notation that is not read.
func (s *session) noteWords() string {
	var columns []string
	example, hasLetters := map[string]string{}, map[string]bool{}
	for _, name := range s.train.FeatureNames {
		column, word, isWord := strings.Cut(name, "=")
		if !isWord {
			continue
		}
		if example[column] == "" {
			columns, example[column] = append(columns, column), word
		}
		if strings.ContainsFunc(word, unicode.IsLetter) || !strings.ContainsFunc(word, unicode.IsDigit) {
			hasLetters[column] = true
		}
	}
	for _, column := range columns {
		if !hasLetters[column] {
			return fmt.Sprintf("what stands in the column %q, such as %q, is no number as it is read here: each is taken for "+
				"a word of its own; -drop %s leaves it out", column, example[column], cli.ShellWord(column))
		}
	}
	return ""
}

// noteCase is about classes, or words of a column, that are perhaps one.
func (s *session) noteCase() string {
	for _, names := range [][]string{s.train.ClassNames, s.train.FeatureNames} {
		seen := map[string]string{}
		for _, name := range names {
			low := strings.ToLower(name)
			if other, twice := seen[low]; twice && len(name) > 1 { // a and A are letters
				return fmt.Sprintf("%q and %q differ in capital letters alone: are they the same?", other, name)
			}
			seen[low] = name
		}
	}
	return ""
}

// noteShares is about rows of several 1s, which may be several true labels and not shares.
func (s *session) noteShares() string {
	if s.data.CSV.LabelColumns == 0 || s.data.CSV.Counts || s.HasQuestions() {
		return ""
	}
	several := 0
	for row := range slices.Chunk(s.train.Labels.Float32s(), s.train.NumClasses()) {
		above := slices.DeleteFunc(slices.Clone(row), func(t float32) bool { return t == 0 })
		if slices.Min(above) != slices.Max(above) {
			return ""
		}
		if len(above) > 1 {
			several++
		}
	}
	if several == 0 {
		return ""
	}
	return fmt.Sprintf("%s share their label out equally: if several labels are true at once, say -label NAME,NAME,... "+
		"in place of -soft", phrase.Plural(several, "training row"))
}

// noteOne is about two columns of -labels, of which one is true in every row, or two classes there:
// both become one label.
func (s *session) noteOne() string {
	if !s.HasQuestions() || s.data.Labels == "" || s.train.NumClasses() != 1 {
		return ""
	}
	return fmt.Sprintf("every row has one of two classes or labels: one logit says whether it is %s",
		phrase.Quote(record.ClassName(s.train.ClassNames, 0)))
}

// noteUntrained is about classes that nothing is learnt of: in a file of labels that count from 1,
// the class 0.
func (s *session) noteUntrained() string {
	missing := s.without(s.train)
	switch {
	case len(missing) == 0:
		return ""
	case missing[0] == 0 && slices.Contains(s.without(s.test), 0) && s.data.Labels != "":
		return "no row is of the first class: the classes of -labels count from 0; if these do from 1, take 1 from each"
	}
	return classesWithout(len(missing), s.train, "training row: nothing is learnt")
}

// classesWithout says that n classes of a set have no rows, and what follows for them.
func classesWithout(n int, set *dataset.Dataset, rows string) string {
	have, them := "have", "them"
	if n == 1 {
		have, them = "has", "it"
	}
	return fmt.Sprintf("%d of %d classes %s no %s of %s", n, set.NumClasses(), have, rows, them)
}

// noteClasses is about classes of which the test says nothing.
func (s *session) noteClasses() string {
	missing := len(s.without(s.test))
	if missing == 0 {
		return ""
	}
	return classesWithout(missing, s.test, "test row: the test says nothing")
}

// without returns the classes that no row of a set is of, where each is of one.
func (s *session) without(set *dataset.Dataset) (classes []int) {
	if s.HasQuestions() || s.summary.Data.SoftLabels {
		return nil
	}
	seen := make([]bool, set.NumClasses())
	for _, class := range set.Index() {
		seen[class] = true
	}
	for class, is := range seen {
		if !is {
			classes = append(classes, class)
		}
	}
	return classes
}

// noteValidation warns of what is decided by few validation rows.
func (s *session) noteValidation() string {
	flags := s.deciders()
	if len(flags) == 0 || s.valid.Len() >= show.FewRows {
		return ""
	}
	verb := "is"
	if len(flags) > 1 {
		verb = "are"
	}
	text := fmt.Sprintf("%s %s unreliable with so few validation rows", phrase.And(flags), verb)
	if s.Validation < enoughValidation {
		text += fmt.Sprintf("; -validation %g holds out more", enoughValidation)
	}
	return text
}

// enoughValidation is the part of a small file that gives -patience and -calibrate something to go
// by.
const enoughValidation = 0.3

// noteNoise warns of what is fitted to wrong labels, which the validation rows have too. The best
// epoch is about the same by them.
func (s *session) noteNoise() string {
	fitted := slices.DeleteFunc(s.deciders(), func(flag string) bool { return flag == "-patience" })
	if s.summary.Data.FlippedLabels == 0 || len(fitted) == 0 {
		return ""
	}
	return "validation labels have the noise, too: on clean rows, such as those of the test, do not trust " +
		strings.Join(fitted, " or ")
}

// noteAlpha is about a strength that only the notebook's rule accepts.
func (s *session) noteAlpha() string {
	if a := s.criterion.Smoothing; a.Rule == losses.SmoothNotebook && a.Alpha > 1 {
		return fmt.Sprintf("-alpha %g is above 1: smoothed labels are no longer shares of one row", a.Alpha)
	}
	return ""
}

// noteMap is about probabilities that no softmax makes.
func (s *session) noteMap() string {
	if s.ownMap == nil {
		return ""
	}
	name, _ := losses.FormatLoss(s.criterion.Loss)
	text := fmt.Sprintf("probabilities are those of the map of %s, not of a softmax: ONNX has no such map, and there "+
		"will be no %s", name, record.OnnxFile)
	if _, isSmooth := s.ownMap.(losses.BiTempered); !isSmooth {
		text += "; a class that it gives 0 and that is the right one costs 87 nats in the negative log likelihood"
	}
	return text
}

// noteWarmup is about a learning rate that is never reached.
func (s *session) noteWarmup() string {
	if s.Warmup > float64(s.Epochs) {
		return fmt.Sprintf("-warmup %g is longer than the training, %s: the learning rate stays below %g", s.Warmup,
			phrase.Plural(s.Epochs, "epoch"), s.LearnRate)
	}
	return ""
}

// noteMachine warns that a resumed run is computed by other instructions than before.
func (s *session) noteMachine() string {
	var e *train.OtherRunError
	if s.state == nil || !errors.As(s.state.SameMachine(), &e) {
		return ""
	}
	return fmt.Sprintf("the run began on another machine (%v, here %v): the last digits may differ from those of a run "+
		"that never stopped", e.Run, e.Now)
}

// noteOldRun is about a run that Ctrl-C would replace.
func (s *session) noteOldRun() string {
	if s.checkpoint != "" {
		return ""
	}
	dir := filepath.Join(s.Out, record.CheckpointFolder)
	old, err := train.ReadCheckpoint(dir)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s holds a run stopped after %s; -checkpoint %s -resume goes on with it, Ctrl-C would replace it",
		dir, phrase.Plural(old.Epoch, "epoch"), cli.ShellWord(dir))
}
