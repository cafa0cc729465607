package study

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnswersCriterion(t *testing.T) {
	for _, text := range []string{"soft", "majority", "majority@0.2", "constant"} {
		_, err := answersCriterion(text, nil)
		require.NoError(t, err, text)
	}
	for _, text := range []string{"ce", "constant@0.1", "majority@2"} {
		_, err := answersCriterion(text, nil)
		require.Error(t, err, text)
	}
}
