package run

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/record"
	"softloss/train"
)

func TestTeacherFlags(t *testing.T) {
	o, err := Parse(strings.Fields("-teacher m"))
	require.NoError(t, err)
	assert.Equal(t, []float64{2, 0.5}, []float64{o.temperature, o.teacherWeight})
	o, err = Parse(strings.Fields("-teacher m -temperature 4 -teacherweight 1"))
	require.NoError(t, err)
	assert.Equal(t, []float64{4, 1}, []float64{o.temperature, o.teacherWeight})
	s := &session{Options: o, summary: record.New(o.summary())}
	s.teacher = &train.Model{}
	c := s.config()
	assert.Equal(t, []any{s.teacher, 4.0, 1.0}, []any{c.Teacher, c.TeacherTemperature, c.TeacherWeight})
}
