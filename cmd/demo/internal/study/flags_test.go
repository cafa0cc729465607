package study

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The defaults that the help says are those of the studies.
func TestHelpSaysDefaults(t *testing.T) {
	help := map[string]string{}
	for _, f := range new(Options).Flags() {
		help[f.Name] = f.Help
	}
	noise, tail, answers := kinds[0].defaults, kinds[1].defaults, kinds[2].defaults
	for _, k := range kinds {
		assert.Contains(t, help["losses"], "(default "+strings.Join(k.defaults.Losses, " ")+")")
	}
	list := func(levels []float64) string {
		return "(default " + strings.ReplaceAll(strings.Trim(fmt.Sprint(levels), "[]"), " ", ",") + ")"
	}
	assert.Contains(t, help["noise"], list(noise.Levels))
	assert.Contains(t, help["tail"], list(tail.Levels))
	assert.Contains(t, help["seeds"], fmt.Sprintf("(default %d, for tail %d, for answers %d)", noise.Seeds, tail.Seeds,
		answers.Seeds))
	assert.Equal(t, noise.Epochs, tail.Epochs)
	assert.Contains(t, help["epochs"], fmt.Sprintf("(default %d, for answers %d)", noise.Epochs, answers.Epochs))
	assert.Equal(t, noise.LearnRate, tail.LearnRate)
	assert.Contains(t, help["lr"], fmt.Sprintf("(default %g, for answers %g)", noise.LearnRate, answers.LearnRate))
	assert.Equal(t, noise.Hidden, tail.Hidden)
	assert.Contains(t, help["hidden"], fmt.Sprintf("(default %d, for answers none)", noise.Hidden[0]))
	assert.Empty(t, answers.Hidden)
}

// A study compares losses of classes, so its help offers nothing with several labels a row.
func TestHelpHasNoSeveralLabels(t *testing.T) {
	for _, f := range new(Options).Flags() {
		for _, word := range []string{"several", "digits-labels", "sigmoid"} {
			assert.NotContains(t, f.Help, word, "-%s", f.Name)
		}
	}
}
