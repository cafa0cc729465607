"""Makes notebook.json: the values of the notebook's functions in float64.

How to run (from this directory; needs Python with PyTorch and NumPy, the
versions that made the committed file are written in it):

    python make_notebook.py

`go test` never runs this script; it only reads the JSON file.

The formulas are written out here as the notebook document describes and uses
them; fastai's LabelSmoothingCrossEntropy is written out too, so that fastai is
not needed.
"""

import json
import os
import pathlib

# PyTorch rounds differently with each instruction set; this one every machine has.
os.environ["ATEN_CPU_CAPABILITY"] = "avx2"

import numpy as np
import torch
import torch.nn.functional as F


def smooth_soft_labels(labels, alpha=0.1):
    """Takes alpha in equal parts from the positive labels of a row (no label
    falls below 0) and adds alpha/K to every class."""
    if alpha < 0:
        raise ValueError("Alpha must be non-negative.")
    if alpha == 0:
        return labels
    positive = (labels > 0).sum(dim=-1, keepdim=True).to(labels.dtype)
    cut = torch.clamp(labels - alpha / positive, min=0)
    return cut + alpha / labels.shape[-1]


def reduce(rows, reduction):
    return rows if reduction == "none" else getattr(rows, reduction)(dim=-1)


def soft_label_cross_entropy_with_logits(y_pred, y_true, alpha=0.0, reduction="mean"):
    y_true = smooth_soft_labels(y_true, alpha)
    return reduce(-(y_true * F.log_softmax(y_pred, dim=-1)).sum(-1), reduction)


def soft_label_cross_entropy(y_pred, y_true, alpha=0.0, reduction="mean"):
    y_true = smooth_soft_labels(y_true, alpha)
    return reduce(-(y_true * torch.log(y_pred)).sum(-1), reduction)


def label_smoothing_cross_entropy(y_pred, index, eps=0.1, reduction="mean"):
    """fastai's LabelSmoothingCrossEntropy(eps, reduction)."""
    log_p = F.log_softmax(y_pred, dim=-1)
    smooth = reduce(-log_p.sum(dim=-1), reduction)
    nll = F.nll_loss(log_p, index, reduction=reduction)
    return smooth * eps / y_pred.shape[-1] + (1 - eps) * nll


def classification_mae_with_logits(y_pred, y_true, reduction="mean"):
    rows = F.l1_loss(F.softmax(y_pred, dim=-1), y_true, reduction="none").sum(-1)
    return reduce(rows, reduction)


def case(function, name, labels, alpha, first, *args):
    """The three reductions and the gradient of the sum by the first argument."""
    x = first.clone().requires_grad_(True)
    total = function(x, *args, reduction="sum")
    (grad,) = torch.autograd.grad(total, x)
    out = {"function": name, "labels": labels, "alpha": alpha}
    for reduction in ("none", "sum", "mean"):
        out[reduction] = function(first, *args, reduction=reduction).tolist()
    out["grad"] = grad.tolist()
    return out


def main():
    double = dict(dtype=torch.float64)
    logits = torch.tensor([[6, 1, 3, 1, 2], [5, 8, 1, 1, 2], [1, 3, 4, 2, 0]], **double)
    soft = torch.tensor([[0.9, 0.1, 0, 0, 0], [0.35, 0.65, 0, 0, 0], [0, 0.1, 0.2, 0.7, 0]], **double)
    index = torch.tensor([0, 1, 3])
    one_hot = F.one_hot(index, 5).double()
    p = F.softmax(logits, dim=-1)
    rows = {"soft": soft, "one_hot": one_hot}

    cases = []
    for alpha in [round(float(a), 2) for a in np.arange(0, 1, 0.05)]:
        for name, labels in rows.items():
            cases.append({"function": "smooth_soft_labels", "labels": name, "alpha": alpha,
                          "labels_out": smooth_soft_labels(labels, alpha).tolist()})
            cases.append(case(soft_label_cross_entropy_with_logits,
                              "soft_label_cross_entropy_with_logits", name, alpha, logits, labels, alpha))
            cases.append(case(soft_label_cross_entropy,
                              "soft_label_cross_entropy", name, alpha, p, labels, alpha))
        cases.append(case(label_smoothing_cross_entropy,
                          "label_smoothing_cross_entropy", "index", alpha, logits, index, alpha))
    for name, labels in rows.items():
        cases.append(case(classification_mae_with_logits,
                          "classification_mae_with_logits", name, 0, logits, labels))

    golden = {
        "about": "Values of the four ported functions and of uniform label smoothing on the notebook's "
                 "three rows, computed in float64 with PyTorch. grad is d(sum of rows)/d(first input).",
        "script": "testdata/make_notebook.py",
        "torch": torch.__version__,
        "numpy": np.__version__,
        "logits": logits.tolist(),
        "soft": soft.tolist(),
        "one_hot": one_hot.tolist(),
        "index": index.tolist(),
        "softmax": p.tolist(),
        "log_softmax": F.log_softmax(logits, dim=-1).tolist(),
        "cases": cases,
    }
    path = pathlib.Path(__file__).with_name("notebook.json")
    path.write_text(json.dumps(golden, indent=1, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
