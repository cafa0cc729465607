package losses

import (
	"reflect"
	"slices"
)

// registry is the list of the losses. To add one, write its file and add a line here: text, help,
// tables and the tests of every property, of accuracy and of allocation range over the list. A loss
// with a kernel of its own has a line in [evaluate] too.
var registry = []Entry{
	{Name: "ce", Loss: CrossEntropy{}, Title: "cross entropy", Unit: "nats", Proper: true},
	{Name: "mae", Loss: MAE{}, Title: "mean absolute error"},
	{Name: "gce", Loss: GCE{Q: 0.7}, Ranges: []Range{rangeQ}, Title: "generalised cross entropy"},
	{Name: "focal", Loss: Focal{Gamma: 2}, Ranges: []Range{nonNegative}, Title: "focal loss"},
	{Name: "poly1", Loss: Poly1{Epsilon: 1}, Ranges: []Range{rangeEpsilon}, Title: "poly-1 loss"},
	{Name: "nce", Loss: NCE{}, Title: "normalised cross entropy"},
	{Name: "rce", Loss: ReverseCrossEntropy{A: -4}, Ranges: []Range{rangeA}, Title: "reverse cross entropy"},
	{Name: "sce", Loss: SymmetricCrossEntropy{Alpha: 0.1, Beta: 1, A: -6}, Ranges: []Range{strength, strength, rangeA},
		Title: "symmetric cross entropy"},
	{Name: "kl", Loss: KL{}, Title: "Kullback-Leibler divergence", Unit: "nats", Proper: true},
	{Name: "confidence", Loss: ConfidencePenalty{Beta: 0.1}, Ranges: []Range{strength},
		Title: "cross entropy with confidence penalty"},
	{Name: "agce", Loss: AGCE{A: 1, Q: 2}, Ranges: []Range{rangeAGCE, rangePower},
		Title: "asymmetric generalised cross entropy"},
	{Name: "aul", Loss: AUL{A: 2, Q: 2}, Ranges: []Range{rangeAUL, rangePower}, Title: "asymmetric unhinged loss"},
	{Name: "ael", Loss: AEL{A: 2}, Ranges: []Range{positive}, Title: "asymmetric exponential loss"},
	{Name: "asymmetric", Loss: Asymmetric{GammaPos: 0, GammaNeg: 4, Margin: 0.05},
		Ranges: []Range{nonNegative, nonNegative, rangeMargin}, Title: "asymmetric loss"},
	{Name: "bitempered", Loss: BiTempered{T1: 0.8, T2: 1.2}, Ranges: []Range{rangeT1, rangeT2},
		Title: "bi-tempered logistic loss"},
	{Name: "sparsemax", Loss: Sparsemax{}, Title: "sparsemax loss"},
	{Name: "entmax15", Loss: Entmax15{}, Title: "1.5-entmax loss"},
}

// Entry describes one of the losses of this package.
type Entry struct {
	Name   string  // the name that [ParseLoss] reads, such as gce
	Loss   Loss    // the loss; in [Losses] with the parameters that ParseLoss gives it when the text does not
	Ranges []Range // what each parameter may be, in the order of the fields of Loss
	Title  string  // the name in a sentence, such as generalised cross entropy
	Unit   string  // the unit of the loss, such as nats; "" for a number without one
	Proper bool    // whether no logits cost less, on average, than log q does, with q the distribution of the labels
}

// Has reports whether the loss works with a link.
func (e Entry) Has(l Link) bool { return l == SigmoidLink || !demandsOf(e.Loss).questions }

// LabelsSumToOne reports whether the labels of each row must have the sum 1.
func (e Entry) LabelsSumToOne() bool { return demandsOf(e.Loss).sumToOne }

// Losses returns every loss that has a name, each with its default parameters. A sum of them is a
// [WeightedSum].
func Losses() []Entry { return slices.Clone(registry) }

// Describe returns the entry of a loss, with l's own parameters; nil is cross entropy. ok is false
// for a loss that is not one of [Losses], such as a sum or one of your own.
func Describe(l Loss) (e Entry, ok bool) {
	if l == nil {
		l = CrossEntropy{}
	}
	for _, e := range registry {
		if reflect.TypeOf(e.Loss) == reflect.TypeOf(l) {
			e.Loss = l
			return e, true
		}
	}
	return Entry{}, false
}
