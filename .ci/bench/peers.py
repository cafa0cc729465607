"""Other libraries' times of the benchmarks of package losses, as lines in Go's format.

    peers.py softmax|sigmoid

Value and gradient of the mean cross entropy with probability or index targets, or of the binary one from logits, on one thread: PyTorch as
it is, compiled, and JAX, those that are installed here. Called by .ci/bench/run; any version will do.
"""
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
if hasattr(os, "sched_setaffinity"):  # XLA takes all processors that there are
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

try:
    import numpy as np
except ImportError as e:
    sys.exit(f"skipped PyTorch and JAX: {e}")

SOFTMAX = ((1, 10), (1, 64), (1, 1000), (64, 10), (8192, 2), (8192, 3), (8192, 10), (1024, 100), (256, 1000), (4096, 1000), (128, 32000))
SIGMOID = ((1024, 80), (256, 1000), (100000, 1))
SECONDS = 0.2


def measure(name, step):
    """Prints the time of a step, after three to warm up."""
    step(), step(), step()
    n, taken = 1, 0
    while taken < SECONDS:
        n = max(n + 1, min(100 * n, int(1.2 * n * SECONDS / max(taken, 1e-9)))) if taken else n
        start = time.perf_counter()
        for _ in range(n):
            step()
        taken = time.perf_counter() - start
    print(f"Benchmark{name} {n} {taken / n * 1e9:.0f} ns/op", flush=True)


def pytorch():
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(1)

    def steps(compiled):
        def step_of(loss):
            def make(x, y):
                run = loss
                if compiled:
                    torch.compiler.reset()  # or there are soon too many shapes, and the rest is not compiled
                    run = torch.compile(loss, dynamic=False)
                x, y = torch.tensor(x, requires_grad=True), torch.tensor(y)

                def step():
                    x.grad = None
                    run(x, y).backward()

                return step

            return make

        return step_of(F.cross_entropy), step_of(F.binary_cross_entropy_with_logits)

    return {"PyTorch": steps(False), "compiled": steps(True)}


def jax():
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)

    def cross_entropy(x, y):
        logp = jax.nn.log_softmax(x)
        if y.ndim == 1:
            return -jnp.take_along_axis(logp, y[:, None], 1).mean()
        return -(y * logp).sum(-1).mean()

    def binary(x, y):
        return (jnp.maximum(x, 0) - x * y + jnp.log1p(jnp.exp(-jnp.abs(x)))).mean()

    def step_of(loss):
        loss = jax.jit(jax.value_and_grad(loss))

        def make(x, y):
            x, y = jnp.asarray(x), jnp.asarray(y)
            return lambda: jax.block_until_ready(loss(x, y))

        return make

    return {"JAX": (step_of(cross_entropy), step_of(binary))}


def softmax(impl, make, r):
    for dtype, short in ((np.float32, "f32"), (np.float64, "f64")):
        for n, k in SOFTMAX:
            x = r.standard_normal((n, k)).astype(dtype)
            e = np.exp(r.standard_normal((n, k)))
            for target, y in (("soft", (e / e.sum(1, keepdims=True)).astype(dtype)), ("index", r.integers(0, k, n))):
                measure(f"EvalGrad/impl={impl}/loss=ce/dtype={short}/target={target}/n={n}/k={k}", make(x, y))


def sigmoid(impl, make, r):
    for n, k in SIGMOID:
        x, y = r.standard_normal((n, k)).astype(np.float32), r.random((n, k)).astype(np.float32)
        measure(f"Sigmoid/impl={impl}/loss=ce/dtype=f32/target=soft/n={n}/k={k}", make(x, y))


def main(what):
    for library in (pytorch, jax):
        try:
            steps = library()
        except ImportError as e:
            print("skipped:", e, file=sys.stderr)
            continue
        for impl, (cross_entropy, binary) in steps.items():
            r = np.random.default_rng(1)
            try:
                if what == "softmax":
                    softmax(impl, cross_entropy, r)
                else:
                    sigmoid(impl, binary, r)
            except Exception as e:  # no compiler here
                print(f"skipped {impl}: {(str(e) or repr(e)).splitlines()[0]}", file=sys.stderr)


main(sys.argv[1])
