"""PyTorch's times for the benchmarks of package losses, as lines that benchstat reads.

Value and gradient of the mean cross entropy with probability or index targets, and of the binary one from
logits, eager and compiled, on one thread. Called by .ci/bench where a python3 with torch is found; any
version of PyTorch will do.
"""
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def bench(name, step, runs):
    step(), step()
    n = 1
    while True:
        t = time.perf_counter()
        for _ in range(n):
            step()
        if time.perf_counter() - t > 0.2:
            break
        n *= 2
    for _ in range(runs):
        t = time.perf_counter()
        for _ in range(n):
            step()
        print(f"{name} {n} {(time.perf_counter() - t) / n * 1e9:.0f} ns/op", flush=True)


def main(runs):
    torch.manual_seed(1)
    for dtype, short in ((torch.float32, "f32"), (torch.float64, "f64")):
        for n, k in ((64, 10), (8192, 10), (256, 1000), (4096, 1000), (128, 32000)):
            x = torch.randn(n, k, dtype=dtype, requires_grad=True)
            soft = torch.softmax(torch.randn(n, k, dtype=dtype), -1)
            index = torch.randint(0, k, (n,))
            for target, y in (("soft", soft), ("index", index)):
                def step():
                    x.grad = None
                    F.cross_entropy(x, y).backward()
                bench(f"BenchmarkEvalGrad/impl=torch/loss=ce/dtype={short}/target={target}/n={n}/k={k}", step, runs)


def binary(runs):
    torch.manual_seed(1)
    compiled = torch.compile(F.binary_cross_entropy_with_logits)
    for n, k in ((1024, 80), (256, 1000), (100000, 1)):
        x = torch.randn(n, k, requires_grad=True)
        y = torch.rand(n, k)
        for impl, f in (("torch", F.binary_cross_entropy_with_logits), ("compile", compiled)):
            def step():
                x.grad = None
                f(x, y).backward()
            try:
                bench(f"BenchmarkSigmoid/impl={impl}/loss=ce/dtype=f32/target=soft/n={n}/k={k}", step, runs)
            except Exception as e:  # no compiler here
                print("skipped:", str(e).splitlines()[0], file=sys.stderr)


{"softmax": main, "sigmoid": binary}[sys.argv[2]](int(sys.argv[1]))
