package train

// portion is a part of a mini-batch, or all of it.
type portion struct {
	rows     []int   // of the training set
	partners []int   // with mixup, what they are mixed with
	lambda   float64 // and how much of a row stays
}

// cut returns the i-th of n parts, whose sizes differ by one row at most.
func (p portion) cut(i, n int) portion {
	lo, hi := i*len(p.rows)/n, (i+1)*len(p.rows)/n
	p.rows = p.rows[lo:hi]
	if p.partners != nil {
		p.partners = p.partners[lo:hi]
	}
	return p
}
