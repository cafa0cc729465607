package oracle

import (
	"math"

	"softloss/losses"
)

// The kinds of targets.
const (
	index = iota
	oneHot
	fewClasses
	allClasses
	minute // labels of one class, and little of others
	anySum // labels that do not sum to 1
	kinds  // how many there are
)

// target makes labels or an index.
func (g *generator) target() {
	b := &g.Batch
	kind := g.IntN(kinds)
	if g.Criterion.Link == losses.SigmoidLink && kind != index {
		for range b.N * b.K {
			small := math.Round(math.Exp(-30*g.Float64())*0x1p53) / 0x1p53 // 1 less it is a float64
			b.Labels = append(b.Labels, g.number(pick(g, 0, 1, g.Float64(), small)))
		}
		return
	}
	if g.sumToOne() && kind == anySum {
		kind = allClasses
	}
	for n := range b.N {
		y := g.IntN(b.K)
		if g.Criterion.Link == losses.SigmoidLink && b.K == 1 {
			y = g.IntN(2)
		}
		if kind == index {
			b.Index = append(b.Index, y)
			continue
		}
		row := g.labels(kind, y)
		if kind == anySum && n == 0 && g.one(4) {
			clear(row)
		}
		if g.sumToOne() {
			exactSum(row, y)
		}
		b.Labels = append(b.Labels, row...)
	}
}

// labels returns a row of labels of a kind; y is the class of a one-hot row, and among a few
// classes.
func (g *generator) labels(kind, y int) []float64 {
	row, sum := make([]float64, g.Batch.K), 0.0
	mass := pick(g, 1, 10, 30, 1e-6) // of anySum, about: a factor above 1000 shows what a denormal p has lost
	for k := range row {
		switch kind {
		case oneHot:
			if k == y {
				row[k] = 1
			}
		case fewClasses:
			if g.one(3) || k == y {
				row[k] = g.Float64()
			}
		case minute:
			if row[k] = math.Exp(-80 * g.Float64()); k == y {
				row[k] = 1
			}
		default:
			row[k] = math.Exp(2 * g.NormFloat64())
			if kind == anySum {
				row[k] *= mass / float64(len(row))
			}
		}
		sum += row[k]
	}
	for k := range row {
		if kind != oneHot && kind != anySum {
			row[k] /= sum
		}
		row[k] = g.number(row[k])
	}
	return row
}

// sumToOne reports whether the labels of a row must sum to 1.
func (g *generator) sumToOne() bool {
	e, ok := losses.Describe(g.Criterion.Loss)
	return ok && e.LabelsSumToOne()
}

// exactSum makes the sum of a row 1 without rounding, by multiples of 2^-20; class y takes what
// is left.
func exactSum(row []float64, y int) {
	left := 1.0
	for k := range row {
		if k != y {
			row[k] = math.Floor(row[k]*0x1p20) / 0x1p20
			left -= row[k]
		}
	}
	row[y] = left
}

// hot reports whether the target is an index or one-hot rows.
func (g *generator) hot() bool {
	b := g.Batch
	for n := range len(b.Labels) / b.K {
		ones, others := 0, 0
		for _, t := range b.Labels[n*b.K : (n+1)*b.K] {
			switch t {
			case 1:
				ones++
			case 0:
			default:
				others++
			}
		}
		if ones != 1 || others != 0 {
			return false
		}
	}
	return true
}
