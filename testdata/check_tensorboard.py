"""Checks cmd/demo's event files with TensorBoard's own reader.

How to run (needs Go, and Python with tensorboard):

    python testdata/check_tensorboard.py

The demo trains a few epochs with -tensorboard into a folder that is removed in the end. TensorBoard must find the five
scalars with a value for every epoch, and the values must be those of the demo's JSON summary. `go test` by itself never
runs this script.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

ROOT = pathlib.Path(__file__).resolve().parent.parent
EPOCHS = 4
TAGS = {
    "train/loss": "train_loss",
    "train/accuracy": "train_accuracy",
    "test/loss": "test_loss",
    "test/accuracy": "test_accuracy",
    "learn rate": "learn_rate",
}


def require(ok, what):
    if not ok:
        sys.exit(f"FAILED: {what}")


def float32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def main():
    with tempfile.TemporaryDirectory() as folder:
        command = ["go", "run", "./cmd/demo", "-epochs", str(EPOCHS), "-schedule", "cosine", "-noplots", "-json", "-"]
        out = subprocess.run(command + ["-quiet", "-tensorboard", folder], cwd=ROOT, check=True, capture_output=True)
        history = json.loads(out.stdout)["history"]
        events = EventAccumulator(folder)
        events.Reload()
        require(events.file_version == 2.0, f"file version {events.file_version}")
        require(sorted(events.Tags()["scalars"]) == sorted(TAGS), f"scalars {events.Tags()['scalars']}")
        for tag, key in TAGS.items():
            got = [(e.step, e.value) for e in events.Scalars(tag)]
            want = [(h["epoch"], float32(h[key])) for h in history]
            require(len(want) == EPOCHS and got == want, f"{tag}: got {got}, want {want}")
            print(f"{tag}: {len(got)} values as in the summary")


main()
