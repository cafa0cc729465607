package spec

// SoftmaxOf is what the losses that are made of several kernels need of the softmax of a row.
type SoftmaxOf struct {
	Loss        float64 // the cross entropy
	Max, Log    float64 // the largest logit, and the log-sum-exp less it
	Others, Own float64 // the labels but that of the largest logit, and that
	Top         int     // the class of p > 1/2, -1 if there is none
}
