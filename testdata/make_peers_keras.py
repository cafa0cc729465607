"""Makes peers_keras.json: Keras' categorical losses in float64, on its jax backend.

How to run (from this directory; needs Python with jax (CPU) and keras, the
versions that made the committed file are written in it):

    python make_peers_keras.py

`go test` never runs this script; it only reads the JSON file.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp
import keras

from make_peers_common import batches, case, labels_of, save

keras.config.set_floatx("float64")


def add(cases, name, peer, z, target, pred=lambda x: x, **spec):
    """Adds peer(target, pred(logits)) with its gradient by the logits."""
    soft = isinstance(target[0], list)
    x, t = jnp.array(z, dtype=jnp.float64), jnp.array(target, dtype=jnp.float64 if soft else jnp.int64)
    f = lambda x: peer(t, pred(x))
    out = {"value": f(x).reshape(-1).tolist(), "grad": jax.grad(lambda x: f(x).sum())(x).tolist()}
    cases.append(case(name, z, target, **spec, **out))


def main():
    L = keras.losses
    cases = []
    clip = "Keras clips probabilities to [1e-7, 1 - 1e-7], beyond which its gradient is 0; here nothing is clipped"
    for b in batches():
        name, z, soft, hot, index = b["name"], b["logits"], b["soft"], labels_of(b), b["index"]
        for red, ours in (("sum_over_batch_size", "mean"), ("sum", "sum"), (None, "none")):
            tag = f"{name} {red}"
            for smoothing in (0.0, 0.125):
                more = {"rule": "uniform", "alpha": smoothing} if smoothing else {}
                add(cases, f"{tag} CategoricalCrossentropy {smoothing}",
                    L.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing, reduction=red), z, soft, loss="ce", reduction=ours, **more)
            # Focal and cross entropy from probabilities pass a clip.
            if name == "saturated":
                clipped = {"formula": "clipped", "differs": clip}
            else:
                clipped = {}
            add(cases, f"{tag} CategoricalCrossentropy from probabilities", L.CategoricalCrossentropy(reduction=red), z, hot,
                pred=jax.nn.softmax, loss="ce", reduction=ours, **clipped)
            for t, form in ((soft, "soft"), (hot, "one-hot")):
                add(cases, f"{tag} CategoricalFocalCrossentropy {form}",
                    L.CategoricalFocalCrossentropy(alpha=0.25, gamma=2.0, from_logits=True, reduction=red), z, t,
                    loss="focal", params=[2.0], scale=0.25, reduction=ours, **(clipped or {"differs": "Keras has a factor alpha, 0.25 unless given"}))
            add(cases, f"{tag} CategoricalFocalCrossentropy smoothed",
                L.CategoricalFocalCrossentropy(alpha=1.0, gamma=2.0, from_logits=True, label_smoothing=0.125, reduction=red), z, hot,
                loss="focal", params=[2.0], rule="uniform", alpha=0.125, reduction=ours, **clipped)
            add(cases, f"{tag} CategoricalGeneralizedCrossEntropy",
                L.CategoricalGeneralizedCrossEntropy(q=0.7, reduction=red), z, index, pred=jax.nn.softmax, loss="gce", params=[0.7], reduction=ours)
    save("keras", {"keras": keras.__version__, "jax": jax.__version__}, cases,
         "Keras' CategoricalCrossentropy, CategoricalFocalCrossentropy and CategoricalGeneralizedCrossEntropy.")


if __name__ == "__main__":
    main()
