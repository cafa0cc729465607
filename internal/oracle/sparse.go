package oracle

import (
	"math/big"
	"slices"
)

// sparsemax returns Σ_{z>τ} (z - τ - t)²/2 + Σ_{z<=τ} t (t/2 + τ - z). The loss does not depend on
// τ to first order, so that it is a constant here.
func (t *tape) sparsemax(r row) *num {
	tau := t.threshold(r.z, 1)
	return t.overClasses(r, func(k int) *num {
		label, p := r.t[k], t.sub(r.z[k], tau)
		if p.v.Sign() > 0 {
			d := t.sub(p, label)
			return t.scale(.5, t.mul(d, d))
		}
		return t.mul(label, t.sub(t.scale(.5, label), p))
	})
}

// entmax returns, with q = z/2 - τ,
//
//	Σ_{q>0} (4 t^1.5/3 - 2 q t + 2 q³/3) + Σ_{q<=0} (4 t^1.5/3 - 2 q t)
func (t *tape) entmax(r row) *num {
	tau := t.threshold(r.z, 2)
	return t.overClasses(r, func(k int) *num {
		q := t.sub(t.scale(.5, r.z[k]), tau)
		third := t.quo(t.number(2), t.number(3))
		l := t.sub(t.mul(t.scale(2, third), t.pow(r.t[k], 1.5)), t.scale(2, t.mul(q, r.t[k])))
		if q.v.Sign() > 0 {
			l = t.add(l, t.mul(third, t.mul(q, t.mul(q, q))))
		}
		return l
	})
}

// threshold returns the constant τ for which Σ max(z_k/n - τ, 0)^n is 1, n being 1 or 2. Of the
// largest m logits it is their mean less 1/m, or less √((1 - s)/m) with s the sum of their squared
// distances from it; the largest m counts whose smallest logit is above its τ.
func (t *tape) threshold(z []*num, n int64) *num {
	var x []*big.Float
	for _, z := range z {
		x = append(x, t.new().Quo(z.v, t.new().SetInt64(n)))
	}
	slices.SortFunc(x, func(a, b *big.Float) int { return b.Cmp(a) })
	tau := t.number(0)
	sum := t.new()
	for i, least := range x {
		sum.Add(sum, least)
		m := t.new().SetInt64(int64(i + 1))
		mean := t.new().Quo(sum, m)
		below := t.new().Quo(t.new().SetInt64(1), m)
		if n == 2 {
			left := t.new().SetInt64(1)
			for _, y := range x[:i+1] {
				d := t.new().Sub(y, mean)
				left.Sub(left, d.Mul(d, d))
			}
			if left.Sign() < 0 {
				break
			}
			below.Sqrt(left.Quo(left, m))
		}
		at := t.new().Sub(mean, below)
		if at.Cmp(least) > 0 {
			break
		}
		tau.v.Set(at)
	}
	tau.size.Abs(tau.v)
	return tau
}
