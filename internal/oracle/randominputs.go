package oracle

import (
	"math"

	"softloss/losses"
)

// inputs makes logits or probabilities, sample weights and an upstream gradient.
func (g *generator) inputs() {
	b := &g.Batch
	for n := range b.N {
		row := g.logits()
		if g.Criterion.FromProbs {
			sum := 0.0
			for k := range row {
				row[k] = math.Exp(max(-80, min(80, row[k])))
				sum += row[k]
			}
			if g.Criterion.Link == losses.SigmoidLink {
				for k := range row {
					row[k] = g.number(min(max(row[k]/(1+row[k]), 0x1p-126), 1-0x1p-24))
				}
				b.Logits = append(b.Logits, row...)
				continue
			}
			for k := range row {
				row[k] = g.number(max(row[k]/sum, 0x1p-126)) // below the smallest normal number other rules hold
			}
		} else {
			g.exclude(row, n)
			g.cosines(row)
		}
		b.Logits = append(b.Logits, row...)
	}
	if g.one(3) {
		n := b.N
		if g.Criterion.Link == losses.SigmoidLink && g.one(2) {
			n *= b.K
		}
		for range n {
			b.Weights = append(b.Weights, pick(g, 0, 1, g.between(0, 3)))
		}
	}
	if g.one(3) {
		n := 1
		if g.Criterion.Reduction == losses.None {
			if n = b.N; g.Criterion.Link == losses.SigmoidLink {
				n *= b.K
			}
		}
		for range n {
			b.Upstream = append(b.Upstream, g.between(-2, 2))
		}
	}
}

// logits returns a row of one of several kinds.
func (g *generator) logits() []float64 {
	row := make([]float64, g.Batch.K)
	center, width := 0.0, pick(g, 0, .01, 1, 1, 5, 30)
	if g.one(8) {
		center = pick(g, 1000, -1000, 50)
	}
	if g.one(40) && len(row) <= far {
		width = pick(g, 80, 300, 1e4, 1e15)
	}
	for k := range row {
		row[k] = g.number(center + width*g.NormFloat64())
	}
	if g.one(6) { // one class or two are sure, or a half of them
		above, times := g.between(0, 60), pick(g, 1, 1, 2, float64(len(row)/2))
		for range int(times) {
			k := g.IntN(len(row))
			row[k] = g.number(row[k] + above)
		}
	}
	return row
}

// exclude sets a logit of the row n to -Inf, where that has a meaning that needs no limits.
func (g *generator) exclude(row []float64, n int) {
	c, b := g.Criterion, g.Batch
	if !g.one(10) || b.K == 1 || c.Smoothing.Alpha != 0 || usesNCE(c.Loss) || c.Link == losses.SigmoidLink {
		return
	}
	k := g.IntN(b.K)
	if b.Index != nil && b.Index[n] != k || b.Labels != nil && b.Labels[n*b.K+k] == 0 {
		row[k] = math.Inf(-1)
	}
}

// cosines makes a row of cosines beside AngularMargin.
func (g *generator) cosines(row []float64) {
	if g.Criterion.AngularMargin == 0 {
		return
	}
	for k := range row {
		if !math.IsInf(row[k], -1) {
			row[k] = g.number(math.Cos(math.Pi * g.Float64()))
		}
	}
}

func usesNCE(l losses.Loss) bool {
	switch l := l.(type) {
	case losses.NCE:
		return true
	case losses.WeightedSum:
		for _, t := range l {
			if usesNCE(t.Loss) {
				return true
			}
		}
	}
	return false
}
