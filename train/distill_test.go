package train

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
	"softloss/train/dataset"
)

// softmaxAt returns the softmax of a row divided by T.
func softmaxAt(z []float64, temperature float64) []float64 {
	var sum float64
	p := make([]float64, len(z))
	for i, v := range z {
		p[i] = math.Exp(v / temperature)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// Cost and gradient of a linear student equal Hinton's formula in float64, differentiated by
// differences.
func TestDistillationEqualsReference(t *testing.T) {
	const n, d, k = 5, 3, 4
	set := randomSet(n, d, k, 3)
	set.Counts = []float64{1, 4, 2, 2, 1}
	teacher := newModel([]int{d, 6, k}, 21)
	for name, c := range testCriteria() {
		for _, o := range []struct{ temperature, weight float64 }{{1, 0.5}, {3, 0.25}, {0.7, 0.9}, {2, 1}} {
			t.Run(fmt.Sprintf("%s/T=%v/w=%v", name, o.temperature, o.weight), func(t *testing.T) {
				f := fittingOf(t, Config{Hidden: []int{}, Seed: 4, Criterion: c, Teacher: teacher,
					TeacherTemperature: o.temperature, TeacherWeight: o.weight}, set, nil)
				require.NoError(t, f.load(f.nets[0], f.portion(Progress{Epoch: 1, Batch: 1}, allRows(n))))
				got, err := f.nets[0].run()
				require.NoError(t, err)

				cost := func(w []float64) float64 {
					return distillationCost(t, c, set, teacher, o.temperature, o.weight, w)
				}
				w := widen(f.model.layers[0].Weights.Float32s())
				require.True(t, numtest.Close(got, cost(w), 1e-5, 1e-6), "%v, want %v", got, cost(w))
				if name == "mae" {
					return // kinks
				}
				requireClose(t, numtest.NumGrad(cost, w), f.nets[0].grads[0], 1e-4, 5e-6, "gradient")
			})
		}
	}
}

// distillationCost is the cost of a linear student with weights w, by Hinton's formula.
func distillationCost(t *testing.T, c losses.Criterion, set *dataset.Dataset, teacher *Model, temperature,
	weight float64, w []float64) float64 {
	v, err := teacher.Logits(set.Features)
	require.NoError(t, err)
	n, d, k := set.Len(), set.Features.Shape()[1], set.Labels.Shape()[1]
	x, s, of := widen(set.Features.Float32s()), widen(rowWeights(set.Counts)), widen(v.Float32s())
	z := make([]float64, n*k)
	var soft float64
	for i := range n {
		for j := range k {
			for a := range d {
				z[i*k+j] += x[i*d+a] * w[a*k+j]
			}
		}
		student := softmaxAt(z[i*k:(i+1)*k], temperature)
		for j, p := range softmaxAt(of[i*k:(i+1)*k], temperature) {
			soft -= s[i] * p * math.Log(student[j])
		}
	}
	if c.Reduction == losses.Mean {
		soft /= float64(n)
	}
	in := losses.Inputs{Logits: table(z, n, k), Target: table(widen(set.Labels.Float32s()), n, k),
		SampleWeights: table(s, n)}
	if c.FromProbs {
		p, err := losses.Softmax(in.Logits)
		require.NoError(t, err)
		in.Logits = p
	}
	hard := tensor.New(tensor.FromScalar(0.0))
	require.NoError(t, c.EvalInto(losses.Outputs{Loss: hard}, in))
	return (1-weight)*hard.Float64s()[0] + weight*temperature*temperature*soft
}

// With w = 1 and T = 1 distillation is training on the teacher's probabilities.
func TestDistillationOfTheTeacherAlone(t *testing.T) {
	set := randomSet(40, 4, 3, 1)
	teacher := newModel([]int{4, 8, 3}, 9)
	cfg := Config{Hidden: []int{6}, Epochs: 3, BatchSize: 16}
	probs, err := teacher.Predict(set.Features)
	require.NoError(t, err)
	want, hw, err := Fit(context.Background(), cfg, &dataset.Dataset{Features: set.Features, Labels: probs}, nil, nil)
	require.NoError(t, err)
	cfg.Teacher, cfg.TeacherTemperature, cfg.TeacherWeight = teacher, 1, 1
	got, hg, err := Fit(context.Background(), cfg, set, nil, nil)
	require.NoError(t, err)
	requireClose(t, widen(weightsOf(want)), weightsOf(got), 1e-4, 1e-5, "weights")
	for i := range hw {
		require.True(t, numtest.Close(hg[i].Loss, hw[i].Loss, 1e-5, 0))
	}
}

// The teacher's labels are the same whether they are made once or batch by batch, and the padding
// does not matter.
func TestTeacherLabels(t *testing.T) {
	set := randomSet(9, 4, 3, 1)
	teacher := newModel([]int{4, 8, 3}, 9)
	cfg := Config{Hidden: []int{6}, BatchSize: 5, Teacher: teacher, TeacherTemperature: 2}
	once := fittingOf(t, cfg, set, nil)
	require.NotNil(t, once.distil.known)
	each := fittingOf(t, cfg, set, nil)
	each.distil.known = nil
	for _, rows := range [][]int{{8, 2, 5, 0, 1}, {3, 4}} {
		require.NoError(t, once.load(once.nets[0], once.portion(Progress{Epoch: 1, Batch: 1}, rows)))
		require.NoError(t, each.load(each.nets[0], each.portion(Progress{Epoch: 1, Batch: 1}, rows)))
		require.Equal(t, once.nets[0].soft.Float32s()[:3*len(rows)], each.nets[0].soft.Float32s()[:3*len(rows)])
		for _, f := range []*fitting{once, each} {
			_, err := f.nets[0].run()
			require.NoError(t, err)
		}
		require.Equal(t, once.nets[0].value, each.nets[0].value)
		require.Equal(t, once.nets[0].grads, each.nets[0].grads)
	}
	cfg.Mixup = 1
	require.Nil(t, fittingOf(t, cfg, set, nil).distil.known) // the teacher sees what the student sees
}

func TestTeacherErrors(t *testing.T) {
	set := randomSet(9, 4, 3, 1)
	for _, c := range []struct {
		teacher *Model
		kind    error
		text    string
	}{
		{&Model{}, ErrEmpty, "train: teacher: has no layers, want one made by Fit or NewModel"},
		{newModel([]int{5, 3}, 1), ErrMismatch, "train: training set: got 4 features, want 5 as in the teacher"},
		{newModel([]int{4, 2}, 1), ErrMismatch, "train: training set: got 3 classes, want 2 as in the teacher"},
	} {
		_, _, err := Fit(context.Background(), Config{Teacher: c.teacher}, set, nil, nil)
		require.ErrorIs(t, err, c.kind)
		require.EqualError(t, err, c.text)
	}
	loud := newModel([]int{4, 3}, 1)
	for i := range loud.layers[0].Weights.Float32s() {
		loud.layers[0].Weights.Float32s()[i] = 3e38
	}
	_, _, err := Fit(context.Background(), Config{Teacher: loud}, set, nil, nil)
	require.ErrorIs(t, err, ErrValue)
	_, _, err = Fit(context.Background(), Config{Teacher: loud, Mixup: 1}, set, nil, nil)
	require.ErrorIs(t, err, ErrValue)
}

// The op rejects what does not fit instead of panicking, and two that differ are told apart.
func TestSumOp(t *testing.T) {
	o := newSumOp(0, []float64{0.25, 3})
	v, err := o.Do(gorgonia.NewF32(8), gorgonia.NewF32(2))
	require.NoError(t, err)
	require.Equal(t, float32(8), v.Data())
	for _, in := range [][]gorgonia.Value{{}, {gorgonia.NewF32(8)}, {gorgonia.NewF32(8), gorgonia.NewF64(1)},
		{gorgonia.NewF32(8), table([]float32{1}, 1)}} {
		_, err := o.Do(in...)
		require.Error(t, err)
	}
	require.NotEqual(t, o.Hashcode(), newSumOp(1, []float64{0.25, 3}).Hashcode())
}
