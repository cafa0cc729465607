"""Makes crossentropy.json: PyTorch's cross entropy and softmax family in float64.

How to run (from this directory; needs Python with PyTorch and NumPy, the
versions that made the committed file are written in it):

    python make_crossentropy.py

`go test` never runs this script; it only reads the JSON file.

Every input is a float32 number, so that the same file holds for float32 tensors
without a rounding of the inputs. Numbers that JSON does not know are the strings
"NaN", "Infinity" and "-Infinity".
"""

import json
import math
import os
import pathlib

# PyTorch rounds differently with each instruction set; this one every machine has.
os.environ["ATEN_CPU_CAPABILITY"] = "avx2"

import numpy as np
import torch
import torch.nn.functional as F

SHAPES = [(1, 1), (1, 3), (4, 1), (7, 5), (16, 10), (3, 130)]
SCALES = {"plain": 2.0, "saturated": 50.0}
SMOOTHINGS = [0.0, 0.125]


def single(x):
    """Rounds to float32 and goes on in float64."""
    return x.float().double()


def plain(x):
    """A tensor as lists of JSON values."""
    def one(v):
        if isinstance(v, list):
            return [one(w) for w in v]
        if isinstance(v, float) and not math.isfinite(v):
            return "NaN" if math.isnan(v) else ("Infinity" if v > 0 else "-Infinity")
        return v
    return one(x.tolist() if isinstance(x, torch.Tensor) else x)


def cross_entropy(logits, target, smoothing, upstream):
    soft = target.is_floating_point()
    out = {"label_smoothing": smoothing}
    for reduction in ("none", "sum", "mean"):
        z = logits.clone().requires_grad_(True)
        t = target.clone().requires_grad_(soft)
        loss = F.cross_entropy(z, t, reduction=reduction, label_smoothing=smoothing)
        out[reduction] = plain(loss.detach())
        if reduction == "mean":
            out["grad_mean"] = plain(torch.autograd.grad(loss, z)[0])
        if reduction == "none":  # grad = d Σ upstream_n L_n
            grads = torch.autograd.grad(loss, [z, t] if soft else [z], grad_outputs=upstream)
            out["grad"] = plain(grads[0])
            if soft:
                out["grad_labels"] = plain(grads[1])
    return out


def family(logits, upstream, rows):
    """Values and vector-Jacobian products of softmax, log_softmax, logsumexp."""
    out = {}
    for name, f, u in [("softmax", lambda z: F.softmax(z, -1), upstream),
                       ("log_softmax", lambda z: F.log_softmax(z, -1), upstream),
                       ("logsumexp", lambda z: torch.logsumexp(z, -1), rows)]:
        z = logits.clone().requires_grad_(True)
        y = f(z)
        out[name] = plain(y.detach())
        out[name + "_vjp"] = plain(torch.autograd.grad(y, z, grad_outputs=u)[0])
    return out


def main():
    torch.manual_seed(20240607)
    double = dict(dtype=torch.float64)
    batches = []
    for n, k in SHAPES:
        for kind, scale in SCALES.items():
            logits = single(scale * torch.randn(n, k, **double))
            soft = single(F.softmax(torch.randn(n, k, **double), -1))
            loose = single(2 * torch.rand(n, k, **double) * (torch.rand(n, k) < 0.6))
            index = torch.randint(k, (n,))
            upstream = single(torch.randn(n, k, **double))
            rows = single(torch.randn(n, **double))
            batch = {"name": f"{kind} {n}x{k}", "logits": plain(logits), "soft": plain(soft),
                     "loose": plain(loose), "index": index.tolist(),
                     "upstream": plain(upstream), "upstream_rows": plain(rows), "cases": []}
            for target, value in [("soft", soft), ("loose", loose), ("index", index)]:
                for smoothing in SMOOTHINGS:
                    c = {"target": target}
                    c.update(cross_entropy(logits, value, smoothing, rows))
                    batch["cases"].append(c)
            batch.update(family(logits, upstream, rows))
            batches.append(batch)
    golden = {
        "about": "F.cross_entropy with soft labels (summing to 1), loose labels (any sum, many zeros) and "
                 "indices, with uniform label smoothing; softmax, log_softmax and logsumexp. grad and "
                 "grad_labels are the derivatives of the sum over rows of upstream_rows*loss, grad_mean that of "
                 "the mean; the vjps use upstream, for logsumexp upstream_rows.",
        "script": "testdata/make_crossentropy.py",
        "torch": torch.__version__,
        "numpy": np.__version__,
        "batches": batches,
    }
    path = pathlib.Path(__file__).with_name("crossentropy.json")
    text = json.dumps(golden, allow_nan=False, separators=(",", ":"))
    path.write_text(text.replace('{"name"', '\n{"name"').replace('{"target"', '\n {"target"') + "\n")


if __name__ == "__main__":
    main()
