package spec

// SoftmaxOf is what the losses that are made of several kernels need of the softmax of a row.
type SoftmaxOf struct {
	Loss        float64 // the cross entropy
	Coef        float64 // what makes probabilities of the exponentials, 0 where nothing is known of the row
	Max, Log    float64 // the largest logit, and the log-sum-exp less it
	Others, Own float64 // the labels but that of the largest logit, and that
	Top         int     // the class of p > 1/2, -1 if there is none
	Rest        float64 // Σ p of the other classes
}
