"""The contestant in PyTorch: see contest in contestant.go, whose lines on stdin and stdout it speaks.

The arguments are FOLDER SIZES BATCH RATE TURN THREADS, such as data 64-256-10 64 0.001 25 1. The folder has rows.x, rows.y, test.x and
test.y of float32, the training labels already smoothed. Everything is what PyTorch is fastest with: tensors in place of a DataLoader, Adam fused.
"""
import sys
import time

import torch
import torch.nn.functional as F

folder, sizes, batch, rate, turn, threads = sys.argv[1:]
sizes, batch, turn = [int(s) for s in sizes.split("-")], int(batch), int(turn)
torch.set_num_threads(int(threads))
torch.manual_seed(1)


def matrix(name, columns):
    with open(f"{folder}/{name}", "rb") as f:
        return torch.frombuffer(bytearray(f.read()), dtype=torch.float32).view(-1, columns)


x, y = matrix("rows.x", sizes[0]), matrix("rows.y", sizes[-1])
layers = []
for inputs, outputs in zip(sizes, sizes[1:]):
    layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
model = torch.nn.Sequential(*layers[:-1])
adam = torch.optim.Adam(model.parameters(), lr=float(rate), fused=True)


def epoch():  # returns its seconds
    start = time.perf_counter()
    for rows in torch.randperm(len(x)).split(batch):
        loss = F.cross_entropy(model(x[rows]), y[rows])
        adam.zero_grad()
        loss.backward()
        adam.step()
        loss.item()  # softloss reads it too
    return time.perf_counter() - start


epoch()
print("ready", flush=True)
for _ in sys.stdin:
    print(*[epoch() for _ in range(turn)], flush=True)
with torch.no_grad():
    hits = model(matrix("test.x", sizes[0])).argmax(1) == matrix("test.y", sizes[-1]).argmax(1)
print(hits.double().mean().item(), flush=True)
