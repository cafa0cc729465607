package losses_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// layer is a linear classifier of two features.
type layer struct{ weight, bias, weightGrad, biasGrad *tensor.Dense }

func newLayer(classes int) layer {
	zeros := func(shape ...int) *tensor.Dense {
		return tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(shape...))
	}
	return layer{zeros(classes, 2), zeros(classes), zeros(classes, 2), zeros(classes)}
}

// train takes steps of gradient descent on the criterion.
func (l layer) train(c losses.Criterion, x, target tensor.Tensor, steps int, rate float64) {
	for range steps {
		if err := c.EvalLinear(losses.LinearOutputs{WeightGrad: l.weightGrad, BiasGrad: l.biasGrad},
			losses.LinearInputs{Hidden: x, Weight: l.weight, Bias: l.bias, Target: target}); err != nil {
			log.Fatal(err)
		}
		for i, g := range l.weightGrad.Float64s() {
			l.weight.Float64s()[i] -= rate * g
		}
		for i, g := range l.biasGrad.Float64s() {
			l.bias.Float64s()[i] -= rate * g
		}
	}
}

// logits are those of a row.
func (l layer) logits(x []float64) []float64 {
	z := append([]float64(nil), l.bias.Float64s()...)
	for k := range z {
		w := l.weight.Float64s()[2*k:]
		z[k] += w[0]*x[0] + w[1]*x[1]
	}
	return z
}

// clouds has rows around three corners of the plane, as many of each class as counts says.
func clouds(seed uint64, counts ...int) (x []float64, y []int) {
	r := rand.New(rand.NewPCG(seed, 0))
	for class, n := range counts {
		for range n {
			x = append(x, [...]float64{0, 2, 0}[class]+r.NormFloat64(), [...]float64{0, 0, 2}[class]+r.NormFloat64())
			y = append(y, class)
		}
	}
	return x, y
}

// Classes of 1000, 100 and 10 rows. Cross entropy gives the rarest class up; weights by effective
// numbers, LDAM's margins with these weights, as its paper ends, and an adjustment of the logits
// are for classes that count alike. The shares of new rows of each class that are right:
func Example_longTail() {
	x, y := clouds(1, 1000, 100, 10)
	test, truth := clouds(2, 1000, 1000, 1000)
	counts := []float64{1000, 100, 10}
	weights, err := losses.EffectiveNumberWeights(counts, 0.999)
	if err != nil {
		log.Fatal(err)
	}
	margins, err := losses.LDAMMargins(counts, 2)
	if err != nil {
		log.Fatal(err)
	}
	shift, err := losses.LogitAdjustment(counts, 1)
	if err != nil {
		log.Fatal(err)
	}
	rows := tensor.New(tensor.WithShape(len(y), 2), tensor.WithBacking(x))
	for _, method := range []struct {
		name string
		c    losses.Criterion
	}{
		{"cross entropy    ", losses.Criterion{}},
		{"effective numbers", losses.Criterion{ClassWeights: weights, Reduction: losses.WeightedMean}},
		{"LDAM             ", losses.Criterion{Margins: margins, ClassWeights: weights, Reduction: losses.WeightedMean}},
		{"logit adjustment ", losses.Criterion{LogitShift: shift}},
	} {
		l := newLayer(3)
		l.train(method.c, rows, tensor.New(tensor.WithBacking(y)), 400, 0.5)
		var right [3]float64
		for i, class := range truth {
			z := l.logits(test[2*i : 2*i+2])
			if z[class] >= max(z[0], z[1], z[2]) {
				right[class] += 1. / 1000
			}
		}
		fmt.Printf("%s %.2f, mean %.2f\n", method.name, right, (right[0]+right[1]+right[2])/3)
	}
	// Output:
	// cross entropy     [0.98 0.43 0.02], mean 0.48
	// effective numbers [0.80 0.75 0.74], mean 0.76
	// LDAM              [0.74 0.77 0.80], mean 0.77
	// logit adjustment  [0.67 0.78 0.88], mean 0.78
}

// Grades 0 to 3 by the questions whether a grade is above 0, above 1, above 2. The prediction is
// how many answers are yes; the answers' differences are the probabilities of the grades.
func ExampleCumulativeLabels() {
	r := rand.New(rand.NewPCG(3, 0))
	var x []float64
	var grade []int
	for i := range 400 {
		skill := float64(i) / 100
		x = append(x, skill+0.3*r.NormFloat64(), 0)
		grade = append(grade, int(skill))
	}
	labels, err := losses.CumulativeLabels(tensor.New(tensor.WithBacking(grade)), 4, tensor.Float64)
	if err != nil {
		log.Fatal(err)
	}
	l := newLayer(3)
	rows := tensor.New(tensor.WithShape(400, 2), tensor.WithBacking(x))
	l.train(losses.Criterion{Link: losses.SigmoidLink}, rows, labels, 3000, 0.5)
	for _, skill := range []float64{0.2, 1.4, 2.6, 3.8} {
		z := l.logits([]float64{skill, 0})
		above := 0
		for _, v := range z {
			if v > 0 { // σ(v) > 1/2
				above++
			}
		}
		fmt.Printf("skill %.1f: grade %d\n", skill, above)
	}
	// Output:
	// skill 0.2: grade 0
	// skill 1.4: grade 1
	// skill 2.6: grade 2
	// skill 3.8: grade 3
}
