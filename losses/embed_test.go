package losses_test

import (
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// doubled embeds a built-in loss and has a Row of its own, the usual way in Go to change one
// method.
type doubled struct{ losses.CrossEntropy }

func (d doubled) Row(r losses.Row) float64 {
	l := d.CrossEntropy.Row(r)
	for k := range r.Grad {
		r.Grad[k] *= 2
	}
	return 2 * l
}

// doubledMAE does the same with the other one, through a pointer.
type doubledMAE struct{ *losses.MAE }

func (d doubledMAE) Row(r losses.Row) float64 {
	l := d.MAE.Row(r)
	for k := range r.Grad {
		r.Grad[k] *= 2
	}
	return 2 * l
}

// TestEmbeddedLoss: Row is the contract of a loss. Embedding a built-in one must not put its
// kernels in the place of the user's Row.
func TestEmbeddedLoss(t *testing.T) {
	for name, pair := range map[string][2]losses.Loss{
		"ce":  {losses.CrossEntropy{}, doubled{}},
		"mae": {losses.MAE{}, doubledMAE{&losses.MAE{}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, index := range [][]int{nil, {0, 1, 3}} {
				b := batch{dt: tensor.Float64, n: 3, k: 5, z: notebookLogits, t: notebookSmooth, index: index}
				_, grad, err := losses.Criterion{Loss: pair[0]}.EvalGrad(dense(b.dt, b.z, 3, 5), b.target())
				if err != nil {
					t.Fatal(err)
				}
				twice, twiceGrad, err := losses.Criterion{Loss: pair[1]}.EvalGrad(dense(b.dt, b.z, 3, 5), b.target())
				if err != nil {
					t.Fatal(err)
				}
				near(t, "loss", values(twice), scaled(2, b.lossAlone(t, losses.Criterion{Loss: pair[0]})), 1e-14, 0)
				near(t, "grad", values(twiceGrad), scaled(2, values(grad)), 1e-13, 1e-16)
			}
		})
	}
}

// TestPointerToLoss: a pointer to a built-in loss is that loss, if perhaps without its kernels.
func TestPointerToLoss(t *testing.T) {
	b := batch{dt: tensor.Float64, n: 3, k: 5, z: notebookLogits, t: notebookSmooth}
	for _, p := range [][2]losses.Loss{{losses.CrossEntropy{}, &losses.CrossEntropy{}}, {losses.MAE{}, &losses.MAE{}}} {
		near(t, "loss", b.lossAlone(t, loss(p[1])), b.lossAlone(t, loss(p[0])), 1e-15, 0)
	}
}
