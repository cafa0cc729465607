package main

import (
	"errors"
	"time"

	"softloss/train"
)

// rankOf returns the rank of this process; without a group it is the first.
func rankOf(group train.Group) int {
	if group == nil {
		return 0
	}
	return group.Rank()
}

// turn is how long a rank waits before it says what ended it, which ends the others, too: the one
// that knows best speaks, and the first one if all say the same.
func turn(group train.Group, err error) time.Duration {
	switch {
	case group == nil || group.Size() == 1:
		return 0
	case errors.As(err, new(*train.RankError)): // another one knows
		return 2 * time.Second
	case group.Rank() > 0:
		return time.Second
	}
	return 0
}
