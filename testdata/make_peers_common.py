"""What the make_peers_*.py scripts share: the inputs, and how a case is written."""

import json
import math
import pathlib
import random

import numpy as np


def single(x):
    """Rounds to float32 and goes on in float64."""
    return float(np.float32(x))


def batches():
    """Logits, soft labels that sum to 1, indices and teacher logits of a few shapes, from Python's own generator."""
    out = []
    for name, n, k, scale in (("plain", 4, 3, 2.0), ("ten", 3, 10, 2.0), ("saturated", 4, 4, 25.0)):
        r = random.Random(name)
        logits = [[single(r.gauss(0, scale)) for _ in range(k)] for _ in range(n)]
        soft = []
        for _ in range(n):
            cuts = [1 + r.randrange(40) for _ in range(k)]
            power = 1 << sum(cuts).bit_length()
            cuts[0] += power - sum(cuts)  # they sum to 1 without rounding
            soft.append([c / power for c in cuts])
        out.append({"name": name, "n": n, "k": k, "logits": logits, "soft": soft,
                    "index": [r.randrange(k) for _ in range(n)],
                    "teacher": [[single(r.gauss(0, 2)) for _ in range(k)] for _ in range(n)]})
    return out


def labels_of(batch):
    """The index as one-hot rows."""
    return [[float(y == j) for j in range(batch["k"])] for y in batch["index"]]


def case(name, logits, target, **fields):
    """One case; target is rows of labels or an index."""
    c = {"name": name, "logits": logits}
    c["labels" if isinstance(target[0], list) else "index"] = target
    c.update(fields)
    return c


def plain(x):
    """Lists with numbers that JSON knows."""
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    if isinstance(x, float) and not math.isfinite(x):
        return "NaN" if math.isnan(x) else ("Infinity" if x > 0 else "-Infinity")
    return x


def save(peer, versions, cases, about):
    """Writes peers_<peer>.json beside this file, a case a line."""
    golden = {"about": about, "script": f"testdata/make_peers_{peer}.py", "versions": versions, "cases": cases}
    path = pathlib.Path(__file__).with_name(f"peers_{peer}.json")
    text = json.dumps(plain(golden), allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    path.write_text(text.replace('{"name"', '\n{"name"') + "\n")
