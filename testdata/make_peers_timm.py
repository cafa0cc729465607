"""Makes peers_timm.json: timm's losses in float64.

How to run (from this directory; needs Python with PyTorch and timm, the
versions that made the committed file are written in it):

    python make_peers_timm.py

timm.loss is loaded without the rest of timm, which needs torchvision. `go test` never
runs this script; it only reads the JSON file.
"""

import importlib.metadata
import importlib.util
import pathlib
import sys
import types

import torch

from make_peers_common import batches, case, save


def load():
    """Returns the modules timm.loss.cross_entropy and timm.loss.jsd."""
    folder = pathlib.Path(importlib.util.find_spec("timm").origin).parent / "loss"
    for name in ("timm", "timm.loss"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["timm.loss"].__path__ = [str(folder)]
    return importlib.import_module("timm.loss.cross_entropy"), importlib.import_module("timm.loss.jsd")


def add(cases, name, f, z, target, **spec):
    soft = isinstance(target[0], list)
    x = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    t = torch.tensor(target, dtype=torch.float64 if soft else torch.int64, requires_grad=soft)
    v = f(x, t)
    g = torch.autograd.grad(v, [x, t] if soft else [x])
    out = {"value": [v.item()], "grad": g[0].tolist()}
    if soft:
        out["labels_grad"] = g[1].tolist()
    cases.append(case(name, z, target, reduction="mean", **spec, **out))


def main():
    ce, jsd = load()
    cases = []
    for b in batches():
        name, z, soft, index = b["name"], b["logits"], b["soft"], b["index"]
        add(cases, name + " SoftTargetCrossEntropy", ce.SoftTargetCrossEntropy(), z, soft, loss="ce")
        add(cases, name + " LabelSmoothingCrossEntropy", ce.LabelSmoothingCrossEntropy(0.1), z, index, loss="ce", rule="uniform", alpha=0.1)
        # Three predictions of the first rows: the batch's, its rows turned around, and the teacher's.
        splits = [z, z[::-1], b["teacher"]]
        add(cases, name + " JsdCrossEntropy", jsd.JsdCrossEntropy(num_splits=3, alpha=12, smoothing=0.1), sum(splits, []), index,
            loss="ce", rule="uniform", alpha=0.1, splits=3, formula="jsd",
            differs="timm is cross entropy of the first prediction plus 12 times the Jensen-Shannon divergence, whose mixture it clips at 1e-7")
    versions = {"timm": importlib.metadata.version("timm"), "torch": torch.__version__}
    save("timm", versions, cases, "timm's SoftTargetCrossEntropy, LabelSmoothingCrossEntropy and JsdCrossEntropy.")


if __name__ == "__main__":
    main()
