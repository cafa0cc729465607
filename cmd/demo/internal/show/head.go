package show

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"softloss/cmd/demo/internal/record"
	"softloss/internal/phrase"
)

// Head writes what is going to be learned, and how.
func Head(w io.Writer, s *record.Run) {
	d, c := s.Data, s.Config
	rows := phrase.Plural(d.TrainRows, "training row")
	if d.ValidationRows > 0 {
		rows += ", " + phrase.Plural(d.ValidationRows, "validation row")
	}
	classes := fmt.Sprintf("%d classes", d.Classes)
	if c.HasQuestions() {
		classes = phrase.Plural(d.Classes, "label") + ", each true or not"
		if d.Classes == 1 {
			classes = "1 label, true or not"
		}
	}
	if d.Label != "" {
		classes += fmt.Sprintf(" in the column %q", d.Label)
	}
	fmt.Fprintf(w, "data     %s: %s, %s, %s, %s\n", d.Name, rows, phrase.Plural(d.TestRows, "test row"),
		phrase.Plural(d.Features, "feature"), classes)
	if d.TestName != "" {
		fmt.Fprintf(w, "test     %s\n", d.TestName)
	}
	if d.FlippedLabels > 0 {
		flipped := phrase.Plural(d.FlippedLabels, "training label")
		if d.ValidationRows > 0 {
			flipped = phrase.Plural(d.FlippedLabels, "label") + " of training and validation"
		}
		fmt.Fprintf(w, "noise    %s replaced by a wrong class; the test labels stay right\n", flipped)
	}
	fmt.Fprintf(w, "network  %s\n", Layers(d, c))
	words := lossOf(s)
	loss := words.title
	if words.name != "ce" && words.name != "mae" && words.name != loss {
		loss += " (" + words.name + ")"
	}
	if c.HasQuestions() {
		loss += " of the sigmoid of each label"
	}
	if c.Alpha != 0 {
		loss += fmt.Sprintf(", labels smoothed with alpha %g (%s rule)", c.Alpha, c.Smoothing)
	}
	fmt.Fprintf(w, "loss     %s\n", loss)
	fmt.Fprintf(w, "training %s in batches of %d, learning rate %g%s, seed %d\n", phrase.Plural(c.Epochs, "epoch"),
		c.Batch, c.LearnRate, c.Extras(), c.Seed)
	if s.Teacher != nil {
		fmt.Fprintf(w, "teacher  %s\n", describeTeacher(s))
	}
	for _, note := range headNotes(s) {
		fmt.Fprintf(w, "note     %s\n", note)
	}
}

// headNotes are what must be known about the data to read the numbers.
func headNotes(s *record.Run) (notes []string) {
	d := s.Data
	if d.SoftLabels && !s.Config.HasQuestions() {
		notes = append(notes, "labels are soft: accuracy and calibration error go by the largest label")
	}
	if d.Dropped > 0 {
		notes = append(notes, phrase.Plural(d.Dropped, "row")+" without a value in some column left out")
	}
	if d.Imputed {
		notes = append(notes, "empty cells became the median, or the most frequent word, of their column; the saved model "+
			"fills them in so")
	}
	if d.Weighted {
		notes = append(notes, "rows weigh as many as the observations they stand for")
	}
	if d.ValidationRows > 0 && d.ValidationRows < FewRows {
		notes = append(notes, "only "+phrase.Plural(d.ValidationRows, "validation row")+": what goes by them is rough")
	}
	if d.TestRows < FewRows {
		notes = append(notes, "only "+phrase.Plural(d.TestRows, "test row")+": the numbers of the test are rough")
	}
	return notes
}

// FewRows is the number of test rows below which one of them is more than 2 % of accuracy.
const FewRows = 50

// Layers returns the sizes of the network in words, from features to classes.
func Layers(d record.Data, c record.Config) string {
	sizes := []string{strconv.Itoa(d.Features)}
	for _, h := range c.Hidden {
		sizes = append(sizes, strconv.Itoa(h))
	}
	text := strings.Join(append(sizes, strconv.Itoa(d.Classes)), " - ")
	if len(c.Hidden) == 0 {
		return text + " (linear)"
	}
	return text
}
