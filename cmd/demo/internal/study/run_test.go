package study

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTimeLeft(t *testing.T) {
	for _, tc := range []struct {
		left time.Duration
		runs int
		want string
	}{
		{0, 0, "nothing left"}, {0, 2, "less than 1 s left"}, {900 * time.Millisecond, 1, "less than 1 s left"},
		{1400 * time.Millisecond, 1, "about 1 s left"}, {89 * time.Second, 1, "about 89 s left"},
		{150 * time.Second, 1, "about 3 min left"},
	} {
		assert.Equal(t, tc.want, timeLeft(tc.left, tc.runs))
	}
}
