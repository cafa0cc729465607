"""Writes ranking.json: areas under ROC and precision-recall curves by scikit-learn.

    pip install scikit-learn && python3 make_ranking.py > ranking.json
"""
import json
import random

import sklearn
from sklearn.metrics import average_precision_score, roc_auc_score

random.seed(7)
cases = []
for name, n, rare, digits in [
    ("no ties", 40, 0.5, 17), ("ties", 60, 0.5, 1), ("many ties", 50, 0.3, 0), ("rare", 200, 0.03, 17), ("logits", 30, 0.4, 17),
]:
    labels = [1 if random.random() < rare else 0 for _ in range(n)]
    labels[0], labels[1] = 1, 0
    scores = [round(min(1, max(0, random.gauss(0.4 + 0.2 * y, 0.2))), digits) for y in labels]
    if name == "logits":
        scores = [20 * s - 10 for s in scores]
    for weights in [None, [random.choice([0, 0.5, 1, 3]) for _ in range(n)]]:
        if weights:
            weights[0], weights[1] = 1, 2
        cases.append({
            "name": name, "scores": scores, "labels": labels, "weights": weights,
            "roc_auc": roc_auc_score(labels, scores, sample_weight=weights),
            "average_precision": average_precision_score(labels, scores, sample_weight=weights),
        })
print(json.dumps({"made_by": f"make_ranking.py with scikit-learn {sklearn.__version__}", "cases": cases}))
