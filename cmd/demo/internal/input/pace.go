package input

// How fast a training learns, and how many epochs the answers of people take, where no flag says
// so.
const (
	DefaultLearnRate = 1e-3
	AnswersEpochs    = 300
	AnswersLearnRate = 1e-2
)
