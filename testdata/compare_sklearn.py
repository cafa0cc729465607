"""Compares demo train with scikit-learn's MLPClassifier and LogisticRegression on the same rows.

    pip install scikit-learn pandas palmerpenguins
    go build -o demo ./cmd/demo && python3 testdata/compare_sklearn.py ./demo

All four have the defaults of their authors; features are scaled to mean 0 and deviation 1 of the
training rows, words become columns of 0 and 1. Prints a table: accuracy and negative log likelihood
on 30 % of the rows, mean and deviation over ten splits, stratified by class.
"""
import json
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import pandas as pd
from palmerpenguins import load_penguins
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

SPLITS = 10
NAMES = ["demo", "MLPClassifier", "demo -hidden none", "LogisticRegression"]
warnings.filterwarnings("ignore")  # that a thing has not converged, with its own defaults


def table(load):
    x, y = load(return_X_y=True)
    t = pd.DataFrame(x, columns=[f"x{j}" for j in range(x.shape[1])])
    t["class"] = [f"c{k}" for k in y]
    return t


def penguins():
    t = load_penguins().dropna().drop(columns="year")
    return t.rename(columns={"species": "class"})


def ours(demo, train, test, seed, *flags):
    with tempfile.TemporaryDirectory() as folder:
        train.to_csv(f"{folder}/train.csv", index=False)
        test.to_csv(f"{folder}/test.csv", index=False)
        subprocess.run([demo, "-data", "train.csv", "-testdata", "test.csv", "-label", "class", "-seed", str(seed), "-noplots",
                        "-quiet", *flags], check=True, cwd=folder)
        with open(f"{folder}/demo-out/summary.json") as f:
            v = json.load(f)["test"]["verdict"]
    return v["accuracy"], v["nll"]


def theirs(model, train, test):
    both = pd.get_dummies(pd.concat([train, test]).drop(columns="class")).to_numpy(float)
    x, xt = both[:len(train)], both[len(train):]
    scaler = StandardScaler().fit(x)
    p = model.fit(scaler.transform(x), train["class"]).predict_proba(scaler.transform(xt))
    right = model.classes_[p.argmax(1)] == test["class"].to_numpy()
    return right.mean(), log_loss(test["class"], p, labels=model.classes_)


def main(demo):
    sets = {"iris": table(datasets.load_iris), "wine": table(datasets.load_wine),
            "breast cancer": table(datasets.load_breast_cancer), "penguins": penguins(), "digits": table(datasets.load_digits)}
    print("| accuracy in %, NLL | " + " | ".join(NAMES) + " |\n|---|" + "---|" * len(NAMES))
    for name, rows in sets.items():
        results = {k: [] for k in NAMES}
        for seed in range(1, SPLITS + 1):
            train, test = train_test_split(rows, test_size=0.3, random_state=seed, stratify=rows["class"])
            results["demo"].append(ours(demo, train, test, seed))
            results["MLPClassifier"].append(theirs(MLPClassifier(random_state=seed), train, test))
            results["demo -hidden none"].append(ours(demo, train, test, seed, "-hidden", "none"))
            results["LogisticRegression"].append(theirs(LogisticRegression(), train, test))
        cells = []
        for k in NAMES:
            (a, n), (da, dn) = np.mean(results[k], axis=0), np.std(results[k], axis=0, ddof=1)
            cells.append(f"{100 * a:.1f} ± {100 * da:.1f}, {n:.3f} ± {dn:.3f}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


main(os.path.abspath(sys.argv[1]))
