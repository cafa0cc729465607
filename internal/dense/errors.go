package dense

// Kind says what is wrong with a tensor.
type Kind uint8

// What [Of] refuses.
const (
	Missing Kind = iota // there is none
	Type                // it is not dense, holds no numbers, has a mask or lies elsewhere
	Layout              // its memory does not hold what its shape says
)

// Error says what was got instead of a tensor to read and what was wanted; the caller knows what
// the tensor is called.
type Error struct {
	Kind    Kind
	Got     string // what was there, such as nil
	Problem string // what is wrong with it, such as "is no tensor"
	Want    string
}

// Error returns one line.
func (e *Error) Error() string { return e.Got + " " + e.Problem + ", want " + e.Want }
