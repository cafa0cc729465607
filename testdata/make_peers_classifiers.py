"""Makes peers_classifiers.json and peers_contrastive.json: binary, multi-label, ordinal, margin, robust, sparse and
contrastive losses of other libraries in float64.

How to run (from this directory; needs Python with PyTorch, timm, pytorch-metric-learning, coral-pytorch, entmax, jax
(CPU), optax and keras, the versions that made the committed files are written in them):

    AUTHORS=folder python make_peers_classifiers.py

The folder holds clones of what is no package: github.com/hitcszx/ALFs (AGCE, AUL, AEL) and github.com/kaidic/LDAM-DRW
(LDAM), their authors' code, at the commits that REPOSITORIES names.

`go test` never runs this script; it only reads the JSON files. Every logit is a float32 number. Class-balanced weights
are written out from their authors' code, which is no function; so is InfoNCE, whose usual form is two lines.
timm works in float32 and clamps at eps: here its casts are off, and eps is as good as 0. Its 1 - p has no digits
where a row is sure.
"""

import importlib
import importlib.metadata
import importlib.util
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import types

os.environ["KERAS_BACKEND"] = "jax"

import jax

jax.config.update("jax_enable_x64", True)

import entmax
import jax.numpy as jnp
import keras
import numpy as np
import optax
import torch
import torch.nn.functional as F
from coral_pytorch.dataset import levels_from_labelbatch
from coral_pytorch.losses import coral_loss, corn_loss
import pytorch_metric_learning.reducers
from pytorch_metric_learning import losses as pml

from make_peers_common import batches, case, plain, single

keras.config.set_floatx("float64")
float64 = lambda x: torch.tensor(x, dtype=torch.float64)


def add(cases, name, f, z, target, labels_grad=True, **spec):
    """Adds f(logits, target) of PyTorch with its gradients."""
    soft = isinstance(target[0], list)
    x = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    t = torch.tensor(target, dtype=torch.float64 if soft else torch.int64, requires_grad=soft)
    v = f(x, t)
    soft = soft and labels_grad
    g = torch.autograd.grad(v.sum(), [x, t] if soft else [x])
    out = {"value": v.detach().reshape(-1).tolist(), "grad": g[0].tolist()}
    if soft:
        out["labels_grad"] = g[1].tolist()
    cases.append(case(name, z, target, **spec, **out))


def add_jax(cases, name, f, z, target, **spec):
    """Adds f(logits, target) of jax with its gradient by the logits."""
    soft = isinstance(target[0], list)
    x, t = jnp.array(z, dtype=jnp.float64), jnp.array(target, dtype=jnp.float64 if soft else jnp.int64)
    out = {"value": f(x, t).reshape(-1).tolist(), "grad": jax.grad(lambda x: f(x, t).sum())(x).tolist()}
    cases.append(case(name, z, target, **spec, **out))


def multi_label(b):
    """Rows of 0 and 1, and of shares, for the elements of a batch."""
    r = random.Random(b["name"] + " multi-label")
    hard = [[float(r.randrange(2)) for _ in range(b["k"])] for _ in range(b["n"])]
    return hard, [[r.randrange(65) / 64 for _ in range(b["k"])] for _ in range(b["n"])]


def binary(cases, b):
    name, z = b["name"], b["logits"]
    hard, soft = multi_label(b)
    q = [0.5, 2.0, 1.0, 8.0, 0.25, 3.0, 1.5, 4.0, 0.75, 1.0][:b["k"]]
    w = [1.0, 0.5, 3.0, 2.0, 0.25, 1.0, 4.0, 0.75, 1.5, 2.0][:b["k"]]
    for red in ("none", "sum", "mean"):
        for form, t in (("hard", hard), ("soft", soft)):
            bce = lambda **kw: lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction=red, **kw)
            spec = dict(link="sigmoid", loss="ce", reduction=red)
            tag = f"{name} {red} {form}"
            add(cases, "torch bce " + tag, bce(), z, t, **spec)
            add(cases, "torch bce pos_weight " + tag, bce(pos_weight=float64(q)), z, t, pos_weight=q, **spec)
            add(cases, "torch bce weight " + tag, bce(weight=float64(w), pos_weight=float64(q)), z, t, weights=w, pos_weight=q, **spec)
    for smoothing in (0.0, 0.125):  # keras.losses.BinaryCrossentropy, but for its mean, which is one of float32
        more = {"rule": "uniform", "alpha": smoothing} if smoothing else {}
        add_jax(cases, f"keras binary_crossentropy {smoothing} {name}",
                lambda x, t: keras.ops.binary_crossentropy(t * (1.0 - smoothing) + 0.5 * smoothing, x, from_logits=True), z, hard,
                link="sigmoid", loss="ce", reduction="none", **more)
    add_jax(cases, "optax sigmoid_binary_cross_entropy " + name, optax.losses.sigmoid_binary_cross_entropy, z, soft,
            link="sigmoid", loss="ce", reduction="none")
    for gamma in (0.5, 2.0):
        add_jax(cases, f"optax sigmoid_focal_loss {gamma} {name}", lambda x, t: optax.losses.sigmoid_focal_loss(x, t, gamma=gamma), z, hard,
                link="sigmoid", loss="focal", params=[gamma], reduction="none")


def load_timm():
    """Returns timm.loss.asymmetric_loss without the rest of timm, which needs torchvision."""
    folder = pathlib.Path(importlib.util.find_spec("timm").origin).parent / "loss"
    for name in ("timm", "timm.loss"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["timm.loss"].__path__ = [str(folder)]
    return importlib.import_module("timm.loss.asymmetric_loss"), importlib.import_module("timm.loss.class_weights")


REPOSITORIES = {"ALFs": "61245e9de0d2d8262495717546c1860ff01421b8", "LDAM-DRW": "2536330f2afdaa65618323cb5a5850efccce762a"}


def load_authors(repository, path):
    """Returns a file of a repository as a module, if its clone in the folder AUTHORS is at the commit of REPOSITORIES."""
    clone = pathlib.Path(os.environ["AUTHORS"]) / repository
    commit = subprocess.run(["git", "-C", clone, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    if commit != REPOSITORIES[repository]:
        sys.exit(f"{clone} is at {commit}, want {REPOSITORIES[repository]}")
    spec = importlib.util.spec_from_file_location(repository.lower().replace("-", "_"), clone / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def asymmetric(cases, b, timm):
    hard, _ = multi_label(b)
    cast, torch.Tensor.float = torch.Tensor.float, lambda x: x
    for pos, neg, margin in ((0, 4, 0.05), (1, 4, 0.05), (1, 2, 0.125), (2, 2, 0.0), (0, 0, 0.0), (1, 3, 0.25)):
        for red in ("none", "sum", "mean"):
            f = timm.AsymmetricLossMultiLabel(gamma_pos=pos, gamma_neg=neg, clip=margin, eps=1e-300, reduction=red)
            add(cases, f"timm AsymmetricLossMultiLabel {pos} {neg} {margin} {red} {b['name']}", f, b["logits"], hard, labels_grad=False,
                link="sigmoid", loss="asymmetric", params=[pos, neg, margin], reduction=red)
    torch.Tensor.float = cast


def margins(cases, b, ldam_drw):
    """Margins and LDAM on cosines, logit adjustment."""
    k, index = b["k"], b["index"]
    r = random.Random(b["name"] + " cosines")
    cos = [[single(r.uniform(-0.85, 0.99)) for _ in range(k)] for _ in range(b["n"])]
    cos[0][index[0]] = single(0.999)
    for red in ("none", "mean"):
        def head(kind, **kw):
            def f(x, t):
                loss = kind(num_classes=k, embedding_size=k, scale=64, reducer=reducer, **kw)
                loss.W.data = loss.W.data.double()
                loss.get_cosine = lambda e: e  # the cosines themselves
                return loss(x, t)
            reducer = {"none": pytorch_metric_learning.reducers.DoNothingReducer, "mean": pytorch_metric_learning.reducers.MeanReducer}[red]()
            if red == "mean":
                return f
            return lambda x, t: f(x, t)["loss"]["losses"]
        add(cases, f"pytorch-metric-learning CosFaceLoss {red} {b['name']}", head(pml.CosFaceLoss, margin=0.35), cos, index,
            loss="ce", margins=[0.35] * k, temperature=1 / 64, reduction=red)
        for a in (0.125, 0.5):
            add(cases, f"pytorch-metric-learning ArcFaceLoss {a} {red} {b['name']}", head(pml.ArcFaceLoss, margin=math.degrees(a)), cos, index,
                loss="ce", angle=a, temperature=1 / 64, reduction=red)

    # Its numbers are those of a GPU, and its mask is of uint8.
    torch.cuda.FloatTensor = torch.DoubleTensor
    where, torch.where = torch.where, lambda c, x, y: where(c.bool(), x, y)
    add(cases, "LDAM-DRW LDAMLoss " + b["name"], ldam_drw.LDAMLoss(COUNTS[:k], max_m=0.5, s=30), cos, index,
        loss="ce", margins=ldam_margins(COUNTS[:k], 0.5), temperature=1 / 30, reduction="mean")
    torch.where = where
    adjust = float64([math.log(c / sum(COUNTS[:k])) for c in COUNTS[:k]])
    add(cases, "logit adjustment " + b["name"], lambda x, t: F.cross_entropy(x + adjust, t), b["logits"], index,
        loss="ce", shift=adjust.tolist(), reduction="mean")


COUNTS = [5000.0, 2997.0, 1796.0, 1077.0, 645.0, 387.0, 232.0, 139.0, 83.0, 50.0]


def ldam_margins(counts, largest):
    m = 1.0 / np.sqrt(np.sqrt(np.array(counts)))
    return (m * (largest / np.max(m))).tolist()


def class_balanced(counts, beta):
    effective = 1.0 - np.power(beta, counts)
    w = (1.0 - beta) / np.array(effective)
    return (w / np.sum(w) * len(counts)).tolist()


def ordinal(cases, b):
    k = b["k"] - 1
    z = [row[:k] for row in b["logits"]]
    index = torch.tensor(b["index"])
    levels = levels_from_labelbatch(index, b["k"], dtype=torch.float64).tolist()
    for red in ("sum", "mean"):
        add(cases, f"coral-pytorch coral_loss {red} {b['name']}", lambda x, t: coral_loss(x, t, reduction=red), z, levels, link="sigmoid",
            loss="ce", reduction=red, scale=k if red == "mean" else 1, classes=b["index"])
    kept = [[1.0 if y >= j else 0.0 for j in range(k)] for y in b["index"]]
    add(cases, "coral-pytorch corn_loss " + b["name"], lambda x, t: corn_loss(x, index, b["k"]) + 0 * t.sum(), z, levels, labels_grad=False,
        link="sigmoid", loss="ce", reduction="mean", samples=kept, classes=b["index"])


def robust(cases, b, alfs):
    name, k = b["name"], b["k"]

    def rows(loss):
        return lambda x, t: torch.stack([loss(x[i:i + 1], t[i:i + 1]) for i in range(len(t))])  # it gives means alone
    for a, q in ((1.0, 2.0), (0.5, 1.5), (4.0, 0.5)):
        add(cases, f"ALFs AGCELoss {a} {q} {name}", rows(alfs.AGCELoss(k, a, q)), b["logits"], b["index"],
            loss="agce", params=[a, q], reduction="none")
    for a, q in ((2.0, 2.0), (1.5, 0.5), (6.0, 3.0)):
        add(cases, f"ALFs AUELoss {a} {q} {name}", rows(alfs.AUELoss(k, a, q)), b["logits"], b["index"],
            loss="aul", params=[a, q], reduction="none")
    for a in (2.0, 0.5):
        add(cases, f"ALFs AExpLoss {a} {name}", rows(alfs.AExpLoss(k, a)), b["logits"], b["index"], loss="ael", params=[a], reduction="none")


def sparse(cases, b):
    name, k, index = b["name"], b["k"], b["index"]
    for scale in (1.0, 0.25):
        z = [[single(v * scale) for v in row] for row in b["logits"]]
        tag = f"{scale} {name}"
        for red in ("none", "sum", "mean"):
            theirs = {"none": "none", "sum": "sum", "mean": "elementwise_mean"}[red]
            add(cases, f"entmax SparsemaxLoss {red} {tag}", entmax.SparsemaxLoss(reduction=theirs), z, index, loss="sparsemax", reduction=red)
            add(cases, f"entmax Entmax15Loss {red} {tag}", entmax.Entmax15Loss(reduction=theirs), z, index, loss="entmax15", reduction=red)
        add_jax(cases, "optax multiclass_sparsemax_loss " + tag, optax.losses.multiclass_sparsemax_loss, z, index,
                loss="sparsemax", reduction="none")
        hard, _ = multi_label(b)
        add_jax(cases, "optax sparsemax_loss " + tag, optax.losses.sparsemax_loss, z, hard, link="sigmoid", loss="sparsemax", reduction="none")
        r = random.Random(tag)
        up = [[single(r.gauss(0, 1)) for _ in range(k)] for _ in z]
        for kind, f in (("sparsemax", entmax.sparsemax), ("entmax15", entmax.entmax15)):
            x = torch.tensor(z, dtype=torch.float64, requires_grad=True)
            p = f(x, dim=-1)
            g, = torch.autograd.grad((p * float64(up)).sum(), [x])
            cases.append(case(f"entmax {kind} {tag}", z, up, map=kind, value=p.reshape(-1).tolist(), grad=g.tolist()))


def functions(timm_weights):
    """Weights, margins and labels: functions of counts or of an index."""
    out = []
    for beta in (0.0, 0.9, 0.99, 0.999, 0.9999):
        for n in (2, 10):
            out.append({"name": f"effective number {beta} {n}", "function": "EffectiveNumberWeights", "counts": COUNTS[-n:], "params": [beta],
                        "value": class_balanced(COUNTS[-n:], beta)})
    assert timm_weights.compute_class_weights(COUNTS, 20000, "effective_num", beta=0.99)[1].tolist() == \
        [single(v) for v in class_balanced(COUNTS, 0.99)]
    for largest in (0.5, 1.0):
        out.append({"name": f"LDAM {largest}", "function": "LDAMMargins", "counts": COUNTS, "params": [largest], "value": ldam_margins(COUNTS, largest)})
    index = [0, 3, 5, 2, 1, 4]
    y = torch.tensor(index)
    levels = levels_from_labelbatch(y, 6, dtype=torch.float64)
    out.append({"name": "coral-pytorch levels_from_labelbatch", "function": "CumulativeLabels", "index": index, "value": levels.reshape(-1).tolist()})
    sord = F.softmax(-(torch.arange(6)[None, :] - y[:, None]).abs().double(), 1)
    out.append({"name": "SORD", "function": "OrdinalLabels", "index": index, "value": sord.reshape(-1).tolist()})
    return out


def contrastive():
    out = []
    for name, n, d in (("small", 6, 3), ("wide", 8, 16)):
        r = random.Random("contrastive " + name)
        a, b = ([[single(r.gauss(0, 1)) for _ in range(d)] for _ in range(n)] for _ in range(2))
        index = [r.randrange(3) for _ in range(n)]
        pairs = [i // 2 for i in range(n)]
        for t in (0.5, 0.0703125):
            def grads(f, *x):
                x = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in x]
                v = f(*x)
                return {"value": v.item(), "grads": [g.tolist() for g in torch.autograd.grad(v, x)]}
            info = lambda x, y: F.cross_entropy(F.normalize(x) @ F.normalize(y).T / t, torch.arange(n))
            out.append({"name": f"InfoNCE {name} {t}", "loss": "InfoNCE", "a": a, "b": b, "temperature": t, **grads(info, a, b)})
            out.append({"name": f"CLIP {name} {t}", "loss": "CLIP", "a": a, "b": b, "temperature": t,
                        **grads(lambda x, y: (info(x, y) + info(y, x)) / 2, a, b)})
            reducer = pytorch_metric_learning.reducers.AvgNonZeroReducer()
            for kind, y in (("classes", index), ("pairs", pairs), ("alone", [0] + [1] * (n // 2) + [2] * (n - 1 - n // 2))):
                f = pml.SupConLoss(temperature=t, reducer=reducer)
                out.append({"name": f"pytorch-metric-learning SupConLoss {kind} {name} {t}", "loss": "SupCon", "a": a, "index": y, "temperature": t,
                            **grads(lambda x: f(x, torch.tensor(y)), a)})
            f = pml.NTXentLoss(temperature=t)
            out.append({"name": f"pytorch-metric-learning NTXentLoss {name} {t}", "loss": "SupCon", "a": a, "index": pairs, "temperature": t,
                        **grads(lambda x: f(x, torch.tensor(pairs)), a)})
            x = jnp.array(a, dtype=jnp.float64)
            f = lambda x: optax.losses.ntxent(x, jnp.array(pairs), temperature=t)
            out.append({"name": f"optax ntxent {name} {t}", "loss": "SupCon", "a": a, "index": pairs, "temperature": t,
                        "value": float(f(x)), "grads": [jax.grad(f)(x).tolist()]})
    return out


def save(name, about, **lists):
    packages = ("torch", "numpy", "timm", "pytorch-metric-learning", "coral-pytorch", "entmax", "jax", "optax", "keras")
    golden = {"about": about, "script": "testdata/make_peers_classifiers.py",
              "versions": {p: importlib.metadata.version(p) for p in packages} | REPOSITORIES, **lists}
    text = json.dumps(plain(golden), allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    pathlib.Path(__file__).with_name(name).write_text(text.replace('{"name"', '\n{"name"') + "\n")


def main():
    timm, timm_weights = load_timm()
    alfs, ldam_drw = load_authors("ALFs", "lnl/losses.py"), load_authors("LDAM-DRW", "losses.py")
    cases = []
    for b in batches():
        binary(cases, b)
        if b["name"] != "saturated":
            asymmetric(cases, b, timm)
        margins(cases, b, ldam_drw)
        ordinal(cases, b)
        robust(cases, b, alfs)
        sparse(cases, b)
    save("peers_classifiers.json", "Losses of yes-or-no questions, margins, ordinal and robust losses, sparse maps.", cases=cases,
         functions=functions(timm_weights))
    save("peers_contrastive.json", "Contrastive losses with their gradients by the vectors.", cases=contrastive())


if __name__ == "__main__":
    main()
