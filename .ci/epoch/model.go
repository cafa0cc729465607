package main

import (
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"

	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// alpha is the strength of label smoothing, the demo's.
const alpha = 0.1

// model is a network with its data.
type model struct {
	name   string // for -model
	title  string
	config train.Config
	turn   int // epochs that are timed at once
	load   func() (rows, test *dataset.Dataset, err error)
}

// models returns the models; fashion is a folder with the files of Fashion-MNIST, empty for made-up
// rows.
func models(fashion string) []model {
	criterion := losses.SoftLabelCriterion(alpha, losses.Mean)
	like := model{name: "fashion", title: "rows made up like Fashion-MNIST",
		config: train.Config{Hidden: []int{128}, BatchSize: 128}, turn: 1, load: madeUp}
	if fashion != "" {
		like.title, like.load = "Fashion-MNIST", func() (rows, test *dataset.Dataset, err error) {
			if rows, err = idx(fashion, "train"); err == nil {
				test, err = idx(fashion, "t10k")
			}
			return rows, test, err
		}
	}
	out := []model{{name: "digits", title: "digits", config: train.Config{}, turn: 25, load: digits}, like}
	for i := range out {
		out[i].config.Seed, out[i].config.Criterion = 1, criterion
		out[i].config = out[i].config.WithDefaults()
	}
	return out
}

// digits are those of the demo's default run.
func digits() (rows, test *dataset.Dataset, err error) {
	set, err := dataset.Digits()
	if err != nil {
		return nil, nil, err
	}
	if rows, test, err = set.Split(0.2, 1); err != nil {
		return nil, nil, err
	}
	scaler, err := dataset.FitScaler(rows.Features)
	if err != nil {
		return nil, nil, err
	}
	for _, part := range []*dataset.Dataset{rows, test} {
		if part.Features, err = scaler.Transform(part.Features); err != nil {
			return nil, nil, err
		}
	}
	return rows, test, nil
}

// idx reads a part of Fashion-MNIST, with or without .gz.
func idx(dir, part string) (*dataset.Dataset, error) {
	find := func(name string) string {
		if found, _ := filepath.Glob(filepath.Join(dir, part+name+"*")); len(found) > 0 {
			return found[0]
		}
		return filepath.Join(dir, part+name)
	}
	return dataset.ReadArrays(find("-images-idx3-ubyte"), find("-labels-idx1-ubyte"), dataset.ArrayOptions{})
}

// madeUp are rows of Fashion-MNIST's shape that can be learned. Half of the features are 0, in two
// bands as beside a picture of a dress: gonum's products skip zeros, and quickest where it can be
// foreseen.
func madeUp() (rows, test *dataset.Dataset, err error) {
	const side, margin, classes = 28, 7, 10
	r := rand.New(rand.NewPCG(1, 2))
	part := func(n int) *dataset.Dataset {
		x, y := make([]float32, n*side*side), make([]float32, n*classes)
		for i := range n {
			class := r.IntN(classes)
			y[i*classes+class] = 1
			for j := range side * side {
				if column := j % side; column < margin || column >= side-margin {
					continue
				}
				v := 1 - r.Float32()
				if j%classes == class {
					v *= 0.7
				}
				x[i*side*side+j] = v
			}
		}
		return &dataset.Dataset{
			Features: tensor.New(tensor.WithShape(n, side*side), tensor.WithBacking(x)),
			Labels:   tensor.New(tensor.WithShape(n, classes), tensor.WithBacking(y)),
		}
	}
	return part(60000), part(10000), nil
}

// sizes are those of the layers, the features first: 64-256-10.
func (m model) sizes(rows *dataset.Dataset) string {
	s := []string{strconv.Itoa(rows.NumFeatures())}
	for _, h := range append(m.config.Hidden, rows.NumClasses()) {
		s = append(s, strconv.Itoa(h))
	}
	return strings.Join(s, "-")
}
