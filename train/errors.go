package train

import (
	"errors"
	"fmt"
)

// What can be wrong, for errors.Is. An error's text says more than its sentinel; errors about a
// dataset's values and about a criterion wrap those of packages dataset and losses.
var (
	ErrConfig   = errors.New("train: wrong configuration")      // a field of Config, or another argument, out of range
	ErrEmpty    = errors.New("train: no rows")                  // a set that is missing or has no rows
	ErrMismatch = errors.New("train: sizes do not go together") // feature or class numbers of sets, models and tensors
	ErrDtype    = errors.New("train: wrong dtype")              // a tensor of another element type
	ErrValue    = errors.New("train: wrong value")              // a NaN or out-of-range entry of a tensor
	ErrDiverged = errors.New("train: training diverged")        // every *DivergedError
	ErrState    = errors.New("train: wrong state")              // a State that is damaged or of another run
)

// failure is an error with a text of its own and a sentinel for errors.Is that is not repeated in it.
type failure struct {
	text string
	kind error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.kind }

// fail returns an error of the given kind whose text is "train: " and the formatted message.
func fail(kind error, format string, args ...any) error {
	return &failure{"train: " + fmt.Sprintf(format, args...), kind}
}

// DivergedError says that training came to numbers that are not finite. errors.Is(err, [ErrDiverged]) holds.
type DivergedError struct {
	Epoch, Batch int     // where, counted from 1
	LearnRate    float64 // of that step
	Loss         float64 // of that mini-batch; finite when the step after it spoilt the weights
}

// Error returns one line that says where, what, and what to do.
func (e *DivergedError) Error() string {
	what := fmt.Sprintf("the loss is %v", e.Loss)
	if e.Loss-e.Loss == 0 {
		what = "a weight is no longer finite"
	}
	return fmt.Sprintf("train: epoch %d batch %d: %s; lower the learn rate (now %v) or scale the features", e.Epoch, e.Batch, what, e.LearnRate)
}

// Is reports whether target is [ErrDiverged].
func (e *DivergedError) Is(target error) bool { return target == ErrDiverged }
