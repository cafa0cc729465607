"""Checks package train's ONNX files with onnx.checker and onnxruntime.

How to run (needs Go, and Python with onnx, onnxruntime and NumPy):

    python testdata/check_onnx.py

A Go test writes files of several models, with and without scaler and temperature, and what Go's Predict and Logits give, to a folder that
is removed in the end. Each must pass the checker with shape inference, and the runtime must give the same probabilities to 1e-6, for
batches of several sizes. `go test` by itself never runs this script.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parent.parent


def require(ok, what):
    if not ok:
        sys.exit(f"FAILED: {what}")


def check(path):
    given = json.loads(path.with_suffix(".json").read_text())
    features = np.array(given["features"], np.float32)
    probs, logits = np.array(given["probs"]), np.array(given["logits"])
    model = onnx.load(str(path))
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    shape = [d.dim_param or d.dim_value for d in inferred.graph.output[0].type.tensor_type.shape.dim]
    require(shape == ["N", probs.shape[1]], f"{path.name}: output shape {shape}")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    require([i.name for i in session.get_inputs()] == ["features"], "inputs")
    require([o.name for o in session.get_outputs()] == ["probs", "logits"], "outputs")
    names = session.get_modelmeta().custom_metadata_map
    require(json.loads(names.get("class_names", "null")) == given["class_names"], "class names")
    require(json.loads(names.get("feature_names", "null")) == given["feature_names"], "feature names")
    worst = 0.0
    for n in [1, 2, len(features)]:
        p, z = session.run(None, {"features": features[:n]})
        require(p.shape == probs[:n].shape and p.dtype == np.float32, f"{path.name}: {p.shape} {p.dtype}")
        worst = max(worst, float(np.abs(p - probs[:n]).max()))
        scale = max(1.0, float(np.abs(logits).max()))
        require(np.abs(z - logits[:n]).max() <= 1e-5 * scale, f"{path.name}: logits")
    require(worst <= 1e-6, f"{path.name}: probabilities differ by {worst}")
    return worst


def main():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["go", "test", "./train", "-count=1", "-run", "^TestWriteForONNXRuntime$", "-v"],
            cwd=ROOT, env={**os.environ, "SOFTLOSS_CHECK_ONNX": folder}, capture_output=True, text=True)
        if done.returncode != 0 or "--- PASS: TestWriteForONNXRuntime" not in done.stdout:
            sys.exit(done.stdout + done.stderr)
        worst = {path.stem: check(path) for path in sorted(pathlib.Path(folder).glob("*.onnx"))}
    require(len(worst) >= 6, "files")
    print(f"ok: {len(worst)} files, probabilities within {max(worst.values()):.1e}; "
          f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")


if __name__ == "__main__":
    main()
