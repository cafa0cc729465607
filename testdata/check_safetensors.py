"""Checks package train's safetensors files against the real Python package, in both directions.

How to run (needs Go, and Python with safetensors and NumPy):

    python testdata/check_safetensors.py

1. A Go test writes a model file and a checkpoint to a folder that is removed in the end. Python opens them, finds names, shapes and
   metadata, and computes from them what Go's Predict gives.
2. Python writes files of its own; a Go test reads them with the strict reader and compares every value.

`go test` by itself never runs this script.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import safetensors
import safetensors.numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent


def go(package, test, folder):
    done = subprocess.run(
        ["go", "test", package, "-count=1", "-run", f"^{test}$", "-v"],
        cwd=ROOT, env={**os.environ, "SOFTLOSS_CHECK_SAFETENSORS": str(folder)}, capture_output=True, text=True)
    if done.returncode != 0 or f"--- PASS: {test}" not in done.stdout:
        sys.exit(done.stdout + done.stderr)


def require(ok, what):
    if not ok:
        sys.exit(f"FAILED: {what}")


def open_file(path):
    with safetensors.safe_open(str(path), framework="numpy") as f:
        metadata = f.metadata()
        tensors = {name: f.get_tensor(name) for name in f.keys()}
    content = path.read_bytes()
    seal = metadata["sha256"].encode()
    require(content.count(seal) == 1, "the checksum stands once in the file")
    want = hashlib.sha256(content.replace(seal, b"0" * 64)).hexdigest()
    require(metadata["sha256"] == want, "the checksum is what the documentation says")
    return metadata, tensors


def predict(metadata, t):
    """metadata["formula"] in NumPy."""
    h = t["features"].astype(np.float64)
    if "scaler.mean" in t:
        h = (h - t["scaler.mean"]) / t["scaler.std"]
    layers = sum(name.startswith("layer.") for name in t) // 2
    for i in range(layers):
        h = h @ t[f"layer.{i}.weight"] + t[f"layer.{i}.bias"]
        if i < layers - 1:
            h = np.maximum(h, 0)
    h = h / float(metadata.get("temperature", 1))
    e = np.exp(h - h.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def from_go(folder):
    go("./train", "TestWriteForPython", folder)
    given = json.loads((folder / "given.json").read_text())
    features = np.array(given["features"], np.float32)
    metadata, tensors = open_file(folder / "model.safetensors")
    require(metadata["kind"] == "softloss model 1", "kind")
    require(json.loads(metadata["class_names"]) == given["class_names"], "class names")
    require(json.loads(metadata["feature_names"]) == given["feature_names"], "feature names")
    require({str(v.dtype) for v in tensors.values()} == {"float32", "float64"}, "dtypes")
    require([tensors[f"layer.{i}.weight"].shape for i in range(3)] == [(3, 6), (6, 5), (5, 4)], "shapes")
    got = predict(metadata, {**tensors, "features": features})
    worst = float(np.abs(got - np.array(given["probs"])).max())
    require(worst <= 1e-6, f"probabilities differ by {worst}")

    metadata, tensors = open_file(folder / "checkpoint.safetensors")
    require(metadata["kind"] == "softloss checkpoint 2", "kind")
    state = json.loads(metadata["state"])
    require(state["Epoch"] == given["epoch"] and len(state["History"]) == 3, "state")
    for kind in ["layer", "best", "adam.first", "adam.second"]:
        for i, shape in enumerate([(3, 4), (4, 2)]):
            require(tensors[f"{kind}.{i}.weight"].shape == shape, f"{kind} {i}")
            require(tensors[f"{kind}.{i}.bias"].shape == shape[1:], f"{kind} {i}")
    require(len(tensors) == 16, "nothing else")
    return worst


def to_go(folder):
    rng = np.random.default_rng(1)
    files = {
        "plain": ({"w": rng.normal(size=(3, 5)).astype(np.float32)}, None),
        "metadata": ({"w": np.arange(4, dtype=np.float32)}, {"a": "b", "é \"\n": "\u2028<&>"}),
        "types": ({
            "f32": rng.normal(size=(2, 3, 4)).astype(np.float32), "f64": rng.normal(size=7) * 1e300,
            "i64": np.array([[-2**63, 2**63 - 1]]), "scalar": np.array(1.5), "none": np.zeros((0, 3), np.float32),
            "special": np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324]), "odd": np.ones(3, np.float32)}, {"k": "v"}),
        "many": ({f"layer.{i}": rng.normal(size=i % 5 + 1) for i in range(200)}, None),
        "empty": ({}, None),
    }
    for name, (tensors, metadata) in files.items():
        safetensors.numpy.save_file(tensors, str(folder / f"{name}.safetensors"), metadata=metadata)
        kinds = {"float32": "F32", "float64": "F64", "int64": "I64"}
        want = {n: {"Dtype": kinds[str(v.dtype)], "Shape": list(v.shape), "Data": v.tobytes().hex()} for n, v in tensors.items()}
        (folder / f"{name}.json").write_text(json.dumps({"Tensors": want, "Metadata": metadata or {}}))
    go("./train/internal/safetensors", "TestReadFromPython", folder)
    return len(files)


def main():
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        worst = from_go(pathlib.Path(one))
        files = to_go(pathlib.Path(two))
    print(f"ok: model file and checkpoint opened, probabilities within {worst:.1e}; {files} files read; safetensors {safetensors.__version__}")


if __name__ == "__main__":
    main()
