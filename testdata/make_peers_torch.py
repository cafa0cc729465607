"""Makes peers_torch.json: PyTorch's losses, fastai's and those of Active-Passive-Losses, in float64.

How to run (from this directory; needs Python with PyTorch, mpmath and NumPy, the
versions that made the committed file are written in it):

    python make_peers_torch.py

`go test` never runs this script; it only reads the JSON file. Every input is a
float32 number. fastai's LabelSmoothingCrossEntropy and the losses of Ma et al. 2020 are
written out from their formulas; the bi-tempered loss of Amid et al. 2019 is computed
from the paper's equations with 30 digits.
"""

import mpmath
import numpy as np
import torch
import torch.nn.functional as F

from make_peers_common import batches, case, labels_of, save


def grad_case(cases, name, f, z, target, **spec):
    """Adds f(logits, target) with its gradients."""
    x = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    soft = isinstance(target, list) and isinstance(target[0], list)
    t = torch.tensor(target, dtype=torch.float64 if soft else torch.int64, requires_grad=soft)
    v = f(x, t)
    g = torch.autograd.grad(v.sum(), [x, t] if soft else [x], allow_unused=True)
    out = {"value": v.detach().reshape(-1).tolist(), "grad": g[0].tolist()}
    if soft and g[1] is not None:
        out["labels_grad"] = g[1].tolist()
    cases.append(case(name, z, target, **spec, **out))


def cross_entropy(cases, name, b):
    w = [0.5, 2.0, 0.0, 1.25, 3.0, 0.75, 1.0, 1.5, 0.25, 4.0][:b["k"]]
    tw = torch.tensor(w, dtype=torch.float64)
    z, soft, index = b["logits"], b["soft"], b["index"]
    ignored = [(-100 if i % 3 == 1 else y) for i, y in enumerate(index)]
    for red in ("none", "sum", "mean"):
        def ce(**kw):
            return lambda x, t: F.cross_entropy(x, t, reduction=red, **kw)
        ours = {"none": "none", "sum": "sum", "mean": "weighted_mean"}[red]
        tag = f"{name} {red}"
        grad_case(cases, tag + " soft", ce(), z, soft, loss="ce", reduction=red)
        grad_case(cases, tag + " soft weights", ce(weight=tw), z, soft, loss="ce", reduction=red, weights=w)
        grad_case(cases, tag + " soft smoothing", ce(label_smoothing=0.125), z, soft, loss="ce", reduction=red, rule="uniform", alpha=0.125)
        grad_case(cases, tag + " index weights", ce(weight=tw), z, index, loss="ce", reduction=ours, weights=w)
        grad_case(cases, tag + " index ignored", ce(), z, ignored, loss="ce", reduction=red, ignore=[-100])
        grad_case(cases, tag + " index ignored weights", ce(weight=tw), z, ignored, loss="ce", reduction=ours, weights=w, ignore=[-100])
        grad_case(cases, tag + " index weights smoothing", ce(weight=tw, label_smoothing=0.125), z, index, loss="ce", reduction=red,
                  weights=w, rule="uniform", alpha=0.125, formula="smooth then weigh",
                  differs="PyTorch smooths first and then weighs; here weights come first (MATH: weights do not bend the smoothed distribution)")
        grad_case(cases, tag + " soft weights smoothing", ce(weight=tw, label_smoothing=0.125), z, soft, loss="ce", reduction=red,
                  weights=w, rule="uniform", alpha=0.125, formula="smooth then weigh",
                  differs="PyTorch smooths first and then weighs; here weights come first")
    grad_case(cases, name + " all ignored", lambda x, t: F.cross_entropy(x, t), z, [-100] * b["n"], loss="ce", reduction="mean", ignore=[-100],
              formula="nothing kept", differs="PyTorch gives NaN when nothing is kept, here it is 0 with zero gradient")


def divergences(cases, name, b):
    z, soft = b["logits"], b["soft"]
    for red, ours in (("none", None), ("sum", "sum"), ("batchmean", "mean")):
        def kl(x, t):
            v = F.kl_div(F.log_softmax(x, -1), t, reduction=red)
            return v.sum(-1) if red == "none" else v
        grad_case(cases, f"{name} KLDivLoss {red}", kl, z, soft, loss="kl", reduction=ours or "none")
    grad_case(cases, f"{name} KLDivLoss mean", lambda x, t: F.kl_div(F.log_softmax(x, -1), t, reduction="mean"), z, soft, loss="kl", reduction="mean",
              formula="divide by K", differs="KLDivLoss(reduction='mean') divides by N·K, here by the rows")


def others(cases, name, b):
    z, index = b["logits"], b["index"]
    k = b["k"]
    hot = lambda t: F.one_hot(t, k).double()

    def fastai(x, t):  # fastai.losses.LabelSmoothingCrossEntropy(eps=0.1)
        l = F.log_softmax(x, -1)
        return 0.1 * (-l.sum(-1)).mean() / k + 0.9 * F.nll_loss(l, t)

    def nce(x, t):
        l = F.log_softmax(x, 1)
        return -(hot(t) * l).sum(1) / -(l.sum(1))

    def rce(x, t):
        return -(torch.clamp(F.softmax(x, 1), 1e-7, 1.0) * torch.log(torch.clamp(hot(t), 1e-4, 1.0))).sum(1)

    def mae(x, t):
        return 1.0 - (hot(t) * F.softmax(x, 1)).sum(1)

    def gce(x, t):
        return (1 - (hot(t) * F.softmax(x, 1)).sum(1) ** 0.7) / 0.7

    a = float(np.log(1e-4))
    grad_case(cases, name + " fastai smoothing", fastai, z, index, loss="ce", reduction="mean", rule="uniform", alpha=0.1)
    grad_case(cases, name + " APL NCE", nce, z, index, loss="nce", reduction="none")
    grad_case(cases, name + " APL GCE", gce, z, index, loss="gce", params=[0.7], reduction="none")
    grad_case(cases, name + " APL MAE", mae, z, index, loss="mae", reduction="none", scale=0.5,
              differs="the paper's MAE is 1 - p_y, half of the row sum here")
    grad_case(cases, name + " APL NCE+MAE", lambda x, t: 10 * nce(x, t).mean() + mae(x, t).mean(), z, index,
              loss="nce+mae", params=[10, 0.5], reduction="mean")
    if b["name"] != "saturated":
        grad_case(cases, name + " APL RCE", rce, z, index, loss="rce", params=[a], reduction="none")
        grad_case(cases, name + " APL NCE+RCE", lambda x, t: nce(x, t).mean() + 0.1 * rce(x, t).mean(), z, index,
                  loss="nce+rce", params=[1, 0.1, a], reduction="mean")
        grad_case(cases, name + " SCE", lambda x, t: 0.1 * F.cross_entropy(x, t) + rce(x, t).mean(), z, index,
                  loss="sce", params=[0.1, 1, a], reduction="mean")
    temperature = 4.0
    t = F.softmax(torch.tensor(b["teacher"], dtype=torch.float64) / temperature, -1).tolist()
    grad_case(cases, name + " distillation", lambda x, t: temperature ** 2 * F.kl_div(F.log_softmax(x / temperature, -1), t, reduction="batchmean"),
              z, t, loss="kl", temperature=temperature, reduction="mean", scale=temperature ** 2,
              differs="the usual code multiplies by T², here the caller does")
    grad_case(cases, name + " z-loss", lambda x, t: F.cross_entropy(x, t) + 0.01 * (torch.logsumexp(x, -1) ** 2).mean(), z, index,
              loss="ce", zloss=0.01, reduction="mean")

    def penalty(x, t):
        p = F.softmax(x, -1)
        return F.cross_entropy(x, t, reduction="none") + 0.1 * (p * F.log_softmax(x, -1)).sum(-1)
    grad_case(cases, name + " confidence penalty", penalty, z, index, loss="penalty", params=[0.1], reduction="none")
    shift = [0.25 * j - 0.5 for j in range(k)]
    grad_case(cases, name + " logit adjustment", lambda x, t: F.cross_entropy(x + torch.tensor(shift, dtype=torch.float64), t), z, index,
              loss="ce", shift=shift, reduction="mean")


def bitempered(z, t, t1, t2):
    """Loss and gradient of one row, 30 digits, from arXiv:1906.03361 eqs. (4)-(7)."""
    one = mpmath.mpf(1)
    log = lambda x, q: mpmath.log(x) if q == 1 else (x ** (1 - q) - 1) / (1 - q)
    exp = lambda x, q: mpmath.exp(x) if q == 1 else (1 + (1 - q) * x) ** (1 / (1 - q))
    z, t, t1, t2 = [mpmath.mpf(v) for v in z], [mpmath.mpf(v) for v in t], mpmath.mpf(t1), mpmath.mpf(t2)
    if t2 == 1:
        lam = mpmath.log(sum(mpmath.exp(v) for v in z))
    else:  # the sum falls in λ: bisection
        lo = max(z)
        hi = lo + (mpmath.mpf(len(z)) ** (t2 - 1) - 1) / (t2 - 1) + 1
        for _ in range(200):
            lam = (lo + hi) / 2
            if sum(exp(v - lam, t2) for v in z) > 1:
                lo = lam
            else:
                hi = lam
    y = [exp(v - lam, t2) for v in z]
    loss = sum((a * (log(a, t1) - log(b, t1)) if a else 0) - (a ** (2 - t1) - b ** (2 - t1)) / (2 - t1) for a, b in zip(t, y))
    # dL/dŷ_k = (ŷ_k - t_k) ŷ_k^(-t1), dŷ_k/dz_j = ŷ_k^t2 ([k=j] - escort_j)
    escort = [b ** t2 for b in y]
    v = [(b - a) * b ** (t2 - t1) for a, b in zip(t, y)]
    grad = [x - e / sum(escort) * sum(v) for x, e in zip(v, escort)]
    return float(loss), [float(g) for g in grad], [float(log(a, t1) - log(b, t1)) if a or t1 != 1 else "-Infinity" for a, b in zip(t, y)]


def main():
    mpmath.mp.dps = 40
    cases = []
    for b in batches():
        cross_entropy(cases, b["name"], b)
        divergences(cases, b["name"], b)
        others(cases, b["name"], b)
        for t1, t2 in ((0.8, 1.2), (0.5, 1.0), (1.0, 1.5), (0.0, 2.0), (0.2, 4.0), (0.9, 1.0009765625), (1.0, 1.0)):
            for form, t in (("soft", b["soft"]), ("one-hot", labels_of(b))):
                rows = [bitempered(z, l, t1, t2) for z, l in zip(b["logits"], t)]
                out = {"value": [r[0] for r in rows], "grad": [r[1] for r in rows], "labels_grad": [r[2] for r in rows]}
                cases.append(case(f"{b['name']} bi-tempered {t1} {t2} {form}", b["logits"], t, loss="bitempered", params=[t1, t2], reduction="none", **out))
    save("torch", {"torch": torch.__version__, "numpy": np.__version__, "mpmath": mpmath.__version__}, cases,
         "PyTorch's cross_entropy and KLDivLoss; fastai's and Ma et al.'s losses, z-loss, distillation, written out; bi-tempered loss with 40 digits.")


if __name__ == "__main__":
    main()
