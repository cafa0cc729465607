"""Checks that Go's dataset.ReadArrays reads what NumPy writes.

How to run (needs Go, and Python with NumPy):

    python testdata/check_npy.py

It writes arrays of all types, orders and header versions, with their values as text beside them, to a folder that it removes in the
end, and runs the Go test that reads them. `go test` by itself never runs this script.
"""

import gzip
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from numpy.lib import format as npy


def save(path, array, values, version=None):
    with open(path, "wb") as f:
        npy.write_array(f, array, version=version)
    text = "\n".join(repr(float(v)) for v in values.astype(np.float32).ravel())
    pathlib.Path(f"{path}.txt").write_text(text)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in ["f4", "f8", "i4", "i8", "u1"]:
            kind = np.dtype(name)
            for shape in [(7, 5), (7, 3, 4), (7, 1), (7, 2, 2, 3)]:
                x = (rng.normal(size=shape) * 50).astype(kind) if name != "u1" else rng.integers(0, 256, shape, np.uint8)
                tag = f"{name}_{'x'.join(map(str, shape))}"
                save(folder / f"x_{tag}.npy", x, x)
                save(folder / f"x_{tag}_fortran.npy", np.asfortranarray(x), x)
            save(folder / f"x_{name}_v2.npy", x, x, (2, 0))
            save(folder / f"x_{name}_v3.npy", x, x, (3, 0))
            soft = rng.integers(1, 9, (7, 3)).astype(kind)
            share = soft / soft.sum(axis=1, keepdims=True, dtype=np.float64)
            save(folder / f"y_{name}_soft.npy", soft, share)
            save(folder / f"y_{name}_soft_fortran.npy", np.asfortranarray(soft), share)
            if kind.kind != "f":
                index = np.array([0, 3, 1, 1, 2, 0, 3]).astype(kind)
                save(folder / f"y_{name}.npy", index, np.eye(4)[index])
        packed = folder / "x_f4_7x5.npy"
        (folder / "x_packed.npy.gz").write_bytes(gzip.compress(packed.read_bytes()))
        (folder / "x_packed.npy.gz.txt").write_bytes((folder / "x_f4_7x5.npy.txt").read_bytes())
        files = len(list(folder.glob("*.npy*"))) // 2
        done = subprocess.run(
            ["go", "test", "./train/dataset", "-count=1", "-run", "^TestNPYOfNumPy$", "-v"],
            cwd=root, env={**os.environ, "SOFTLOSS_CHECK_NPY": str(folder)}, capture_output=True, text=True)
        if done.returncode != 0 or "--- PASS: TestNPYOfNumPy" not in done.stdout:
            sys.exit(done.stdout + done.stderr)
        print(f"ok: {files} files of NumPy {np.__version__}")


if __name__ == "__main__":
    main()
