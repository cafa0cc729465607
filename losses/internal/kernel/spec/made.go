package spec

// Made says how the labels of cross entropy are made of others, t, or of a class, whose label is 1:
//
//	w t                           with weights, which are Exact, and the sums of Weights and Low
//	Keep t + Each + Share Σ t     otherwise
//	Keep u + Each                 with Cut, u = max(t - Cut/n, 0), n the number of t > 0, or 1
//
// Of a class Share is 0.
type Made[T Float] struct {
	Exact                  []float64
	Weights, Low           []T
	Keep, Each, Share, Cut float64
}
