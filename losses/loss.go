package losses

// Loss is the loss of one row: what it costs to predict the distribution p when
// the label is t. A [Criterion] adds everything that surrounds it.
//
// A loss is a value: a small struct that holds its parameters in fields and nothing else, so that
// it can be compared, printed and told apart (see [Criterion.Key]). Write your own by giving a
// struct a method Row: it then works in Criterion, in graph.Apply and in the trainer, on soft,
// one-hot and index targets. Implement [Validator] too when the parameters have a range, and
// [LinearLoss] when it applies.
//
// A row whose logits have no softmax (see [Softmax]) is NaN whatever Row returns for it.
//
// Row may be called from several goroutines at once. The methods of a loss of your own run on
// goroutines of their own: a panic in one, or its end by [runtime.Goexit], is returned as an error
// that is [ErrLoss].
type Loss interface {
	// Row returns the loss of one row and, where r asks for them, stores its derivatives.
	Row(r Row) float64
}

// Validator is implemented by a loss whose parameters can be wrong.
type Validator interface {
	// Validate returns an error, best one that wraps [ErrParam], when a parameter is out of range.
	Validate() error
}

// Row is one row of a batch, in float64. All slices have K elements and are valid only during the
// call; do not write to those without Grad in their name.
//
// LogP tells probabilities near 0 apart and Rest those near 1, where P no longer does.
type Row struct {
	LogP   []float64 // l_k = log p_k; -Inf where p_k is 0
	P      []float64 // p_k, the softmax of the logits, or the given probability
	Rest   []float64 // 1 - p_k, without cancellation
	Target []float64 // t_k >= 0, after smoothing; its sum need not be 1

	// Grad takes dL/dl_k, the derivative by LogP[k] as if the l_k were
	// independent; the chain rule through the softmax is not the loss's business.
	// It is zero on entry and nil when it is not wanted.
	Grad []float64
	// TargetGrad takes dL/dt_k. It is zero on entry and nil when it is not wanted.
	TargetGrad []float64

	beside []float64 // 1 - t_k, as far as it is known, where the row is the two classes of an element; nil otherwise
	memory *memory   // that losses of this package may work in
}

// other returns 1 - t_k, where the row is the two classes of an element, and 0 elsewhere.
func (r *Row) other(k int) float64 {
	if r.beside == nil {
		return 0
	}
	return r.beside[k]
}

// lend returns n numbers to work in until they are given back to m.
func (r Row) lend(n int) (x []float64, m *memory) {
	if r.memory == nil {
		r.memory = new(memory)
	}
	return r.memory.take(n), r.memory
}

// LinearLoss is implemented by a loss that is linear in its target, L(a t + b u) = a L(t) + b L(u),
// and says so by returning true. Class weights then multiply the labels, and otherwise the rows;
// see [Criterion].
type LinearLoss interface {
	LinearInTarget() bool
}

// isLinear reports whether l is linear in its target.
func isLinear(l Loss) bool {
	if _, ok := l.(CrossEntropy); ok { // which is most often asked for
		return true
	}
	v, ok := l.(LinearLoss)
	return ok && v.LinearInTarget()
}

// demands are what a loss of this package wants that other losses do not.
type demands struct {
	logits    bool // it has a softmax of its own, which a criterion FromProbs has taken
	questions bool // rows of two classes, yes and no, which SigmoidLink makes
	sumToOne  bool // labels of each row whose sum is 1
}

// demandsOf returns what l wants.
func demandsOf(l Loss) demands {
	if _, ok := l.(CrossEntropy); ok { // which is most often asked for
		return demands{}
	}
	if d, ok := l.(interface{ demands() demands }); ok {
		return d.demands()
	}
	return demands{}
}
