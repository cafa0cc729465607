"""Makes peers_optax.json: optax's classification losses in float64.

How to run (from this directory; needs Python with jax (CPU) and optax, the
versions that made the committed file are written in it):

    python make_peers_optax.py

`go test` never runs this script; it only reads the JSON file.
"""

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp
import optax
from optax import losses

from make_peers_common import batches, case, labels_of, save


def add(cases, name, f, z, target, **spec):
    """Adds f(logits, target), a loss a row, with the gradients of its sum."""
    soft = isinstance(target[0], list)
    x, t = jnp.array(z, dtype=jnp.float64), jnp.array(target, dtype=jnp.float64 if soft else jnp.int64)
    out = {"value": f(x, t).tolist(), "grad": jax.grad(lambda x: f(x, t).sum())(x).tolist()}
    if soft and not spec.pop("no_labels_grad", False):
        out["labels_grad"] = jax.grad(lambda t: f(x, t).sum())(t).tolist()
    cases.append(case(name, z, target, reduction="none", **spec, **out))


def main():
    cases = []
    for b in batches():
        name, z, soft, index = b["name"], b["logits"], b["soft"], b["index"]
        add(cases, name + " softmax_cross_entropy", losses.softmax_cross_entropy, z, soft, loss="ce")
        add(cases, name + " softmax_cross_entropy_with_integer_labels", losses.softmax_cross_entropy_with_integer_labels, z, index, loss="ce")
        add(cases, name + " smooth_labels", lambda x, t: losses.softmax_cross_entropy(x, losses.smooth_labels(t, 0.125)), z, soft,
            loss="ce", rule="uniform", alpha=0.125)
        for epsilon in (-1.0, 2.0):
            add(cases, f"{name} poly_loss_cross_entropy {epsilon}", lambda x, t: losses.poly_loss_cross_entropy(x, t, epsilon=epsilon), z, soft,
                loss="poly", params=[epsilon], no_labels_grad=True)
        half = [[v / 2 for v in row] for row in soft]
        add(cases, name + " poly_loss_cross_entropy of half a row", lambda x, t: losses.poly_loss_cross_entropy(x, t, epsilon=2.0), z, half,
            loss="poly", params=[2.0], no_labels_grad=True)
        add(cases, name + " kl_divergence", lambda x, t: losses.kl_divergence(jax.nn.log_softmax(x), t), z, soft, loss="kl")
        add(cases, name + " kl_divergence one-hot", lambda x, t: losses.kl_divergence(jax.nn.log_softmax(x), t), z, labels_of(b), loss="kl",
            no_labels_grad=True)
        excluded = [["-Infinity" if j == (i + 1) % b["k"] else v for j, v in enumerate(row)] for i, row in enumerate(z)]
        numbers = [[-jnp.inf if v == "-Infinity" else v for v in row] for row in excluded]
        rows = [[0.0 if e == "-Infinity" else v for v, e in zip(t, es)] for t, es in zip(soft, excluded)]
        add(cases, name + " safe_softmax_cross_entropy", losses.safe_softmax_cross_entropy, [[float(v) for v in r] for r in numbers], rows,
            loss="ce", no_labels_grad=True)
    save("optax", {"optax": optax.__version__, "jax": jax.__version__}, cases, "optax's softmax cross entropies, poly loss and KL divergence.")


if __name__ == "__main__":
    main()
