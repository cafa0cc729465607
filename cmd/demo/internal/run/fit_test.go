package run

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"softloss/cmd/demo/internal/record"
	"softloss/train"
)

func TestProgressOfTeacher(t *testing.T) {
	s := &session{summary: &record.Run{}}
	assert.Equal(t, "train loss", s.newProgress().Trained)
	s.teacher = &train.Model{}
	assert.Equal(t, "train loss with teacher", s.newProgress().Trained)
}
