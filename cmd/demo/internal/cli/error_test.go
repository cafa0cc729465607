package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// A user does not care which package found out what is wrong.
func TestPlain(t *testing.T) {
	_, cell := dataset.ReadCSV(strings.NewReader("a,b\n1,x\n2\n"), dataset.CSVOptions{})
	_, file := dataset.ReadCSVFile("nosuch.csv", dataset.CSVOptions{})
	_, model := train.Load("nosuch.safetensors")
	_, loss := losses.ParseLoss("hinge")
	for _, err := range []error{cell, file, model, loss, train.Config{Epochs: -1}.Validate()} {
		text := Plain(err)
		assert.NotEmpty(t, text)
		name, rest, _ := strings.Cut(err.Error(), ": ")
		assert.Contains(t, []string{"dataset", "train", "losses"}, name)
		assert.Equal(t, rest, text)
	}
	assert.Equal(t, "one line", Plain(Usagef("one\n  line")))
	_, err := os.Open("nosuch")
	assert.Equal(t, "no such file or directory", Cause(err))
	assert.Equal(t, "other", Cause(Usagef("other")))
}
