package graph_test

import (
	"fmt"
	"log"
	"math"
	"os"
	"slices"
	"strings"
	"unicode"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// A small language model reads the definitions and axioms of Newton's Opticks and learns to tell
// the next word from the two before it. Its last layer and its loss are one node, so that the
// logits, one for every word of the text and every word of the vocabulary, are never there all at
// once.
func ExampleApplyLinear() {
	const width, steps = 16, 20
	words, vocabulary := readWords("../testdata/opticks.txt", 600)
	n := len(words) - 2
	fmt.Printf("%d words, %d different ones\n", len(words), len(vocabulary))

	g := gorgonia.NewGraph()
	var hidden *gorgonia.Node
	var params gorgonia.Nodes
	for back := 1; back <= 2; back++ { // one embedding for the word before, one for that before it
		word := tensor.New(tensor.WithBacking(words[2-back : 2-back+n]))
		oneHot, err := losses.OneHot(word, len(vocabulary), tensor.Float32)
		if err != nil {
			log.Fatal(err)
		}
		x := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName(fmt.Sprint("word ", back)),
			gorgonia.WithShape(oneHot.Shape()...), gorgonia.WithValue(oneHot))
		embedding := parameter(g, fmt.Sprint("embedding ", back), len(vocabulary), width)
		params = append(params, embedding)
		if h := gorgonia.Must(gorgonia.Mul(x, embedding)); hidden == nil {
			hidden = h
		} else {
			hidden = gorgonia.Must(gorgonia.Add(hidden, h))
		}
	}
	hidden = gorgonia.Must(gorgonia.Tanh(hidden))
	weight := parameter(g, "weight", len(vocabulary), width)
	params = append(params, weight)
	cost, err := graph.ApplyLinear(losses.Criterion{}, hidden, weight, nil, tensor.New(tensor.WithBacking(words[2:])))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := gorgonia.Grad(cost, params...); err != nil {
		log.Fatal(err)
	}

	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(params...))
	defer vm.Close()
	solver := gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.05))
	for step := range steps + 1 {
		if err := vm.RunAll(); err != nil {
			log.Fatal(err)
		}
		if step%10 == 0 {
			fmt.Printf("step %2d: perplexity %.0f\n", step, math.Exp(float64(cost.Value().Data().(float32))))
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(params)); err != nil {
			log.Fatal(err)
		}
		vm.Reset()
	}

	text := slices.Clone(words[3:5]) // by the …
	for range 10 {
		text = append(text, next(text, params))
	}
	for _, word := range text {
		fmt.Print(vocabulary[word], " ")
	}
	// Output:
	// 600 words, 197 different ones
	// step  0: perplexity 199
	// step 10: perplexity 9
	// step 20: perplexity 2
	// by the incident ray contains with the perpendicular to the reflecting or
}

// readWords returns the first words of a text as numbers, and the words by their numbers.
func readWords(file string, most int) (words []int, vocabulary []string) {
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	numbers := map[string]int{}
	between := func(r rune) bool { return !unicode.IsLetter(r) }
	for _, word := range strings.FieldsFunc(strings.ToLower(string(text)), between)[:most] {
		if _, known := numbers[word]; !known {
			numbers[word] = len(vocabulary)
			vocabulary = append(vocabulary, word)
		}
		words = append(words, numbers[word])
	}
	return words, vocabulary
}

// next returns the likeliest word after those of a text: that of the largest logit.
func next(text []int, params gorgonia.Nodes) (word int) {
	row := func(param, i int) []float32 {
		width := params[param].Shape()[1]
		return params[param].Value().Data().([]float32)[i*width : (i+1)*width]
	}
	before, last := row(1, text[len(text)-2]), row(0, text[len(text)-1])
	most := math.Inf(-1)
	for k := range params[2].Shape()[0] {
		logit := 0.0
		for j, w := range row(2, k) {
			logit += math.Tanh(float64(before[j]+last[j])) * float64(w)
		}
		if logit > most {
			word, most = k, logit
		}
	}
	return word
}

// parameter returns a matrix of small numbers.
func parameter(g *gorgonia.ExprGraph, name string, rows, cols int) *gorgonia.Node {
	data := make([]float32, rows*cols)
	for i := range data {
		data[i] = float32(0.3 * math.Sin(float64(7*i*i+len(name))))
	}
	return gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName(name), gorgonia.WithShape(rows, cols),
		gorgonia.WithValue(tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(data))))
}
