"""Scores, diagnoses and calibrates rows as one does with numpy, scipy and scikit-learn, in turns with logit-sampler.

rivals.py TASK SHARD TARGETS ROUNDS PROGRAM ... writes one line of JSON: the results of both, and their seconds of CPU
in each round: of this process after its imports, and of the other process including its start. The environment limits
this process to one thread.
"""

import json
import resource
import subprocess
import sys
import time

import numpy as np
import scipy
import sklearn
from scipy.optimize import brentq
from scipy.special import log_softmax, logsumexp, softmax
from scipy.stats import entropy
from sklearn.metrics import log_loss

try:  # which needs torch
    from netcal import __version__ as netcal_version
    from netcal.metrics import ECE
except ImportError:
    netcal_version = ECE = None

PIECE = 500


def rows_of(path):
    """The whole shard; an npy file is memory-mapped, a Parquet file is read with pyarrow."""
    if path.endswith(".npy"):
        return np.load(path, mmap_mode="r")
    import pyarrow.parquet as pq

    column = pq.read_table(path, columns=["logits"], use_threads=False).column("logits").combine_chunks()
    return column.flatten().to_numpy(zero_copy_only=True).reshape(len(column), -1)


def pieces(rows):
    for begin in range(0, len(rows), PIECE):
        yield begin, np.asarray(rows[begin : begin + PIECE], dtype=np.float64)


def score(rows, targets):
    losses, ranks, ids = np.empty(len(rows)), np.empty(len(rows)), np.arange(rows.shape[1])
    for begin, x in pieces(rows):
        y = targets[begin : begin + len(x)]
        came = x[np.arange(len(x)), y][:, None]
        losses[begin : begin + len(x)] = logsumexp(x, axis=1) - came[:, 0]
        earlier = (x == came) & (ids < y[:, None])  # among equals the lower id comes first
        ranks[begin : begin + len(x)] = 1 + (x > came).sum(axis=1) + earlier.sum(axis=1)
    return {
        "cross_entropy": losses.mean(),
        "perplexity": np.exp(losses.mean()),
        "top_1": (ranks == 1).mean(),
        "top_5": (ranks <= 5).mean(),
        "mean_reciprocal_rank": (1 / ranks).mean(),
    }


def diagnose(rows, targets):
    figures = {name: np.empty(len(rows)) for name in ("probability", "margin", "entropy", "varentropy", "energy", "logit_variance")}
    right = np.empty(len(rows), dtype=bool)
    for begin, x in pieces(rows):
        at = slice(begin, begin + len(x))
        logp = log_softmax(x, axis=1)
        p = np.exp(logp)
        top = np.partition(x, -2, axis=1)[:, -2:]
        figures["probability"][at] = p.max(axis=1)
        figures["margin"][at] = top[:, 1] - top[:, 0]
        figures["entropy"][at] = entropy(p, axis=1)
        figures["varentropy"][at] = (p * logp**2).sum(axis=1) - (p * logp).sum(axis=1) ** 2
        figures["energy"][at] = logsumexp(x, axis=1)
        figures["logit_variance"][at] = x.var(axis=1)
        right[at] = x.argmax(axis=1) == targets[at]
    means = {name: values.mean() for name, values in figures.items()}
    return {**means, "accuracy": right.mean(), "p50_entropy": np.quantile(figures["entropy"], 0.5)}


def calibrate(rows, targets, bins=15):
    """The temperature at which the loss has slope 0 (Brent), and the report before and after it: ECE, class-wise ECE,
    Brier, log-loss."""
    n, classes = rows.shape

    def slope(beta):
        total = 0.0
        for begin, x in pieces(rows):
            p = softmax(x * beta, axis=1)
            total += ((p * x).sum(axis=1) - x[np.arange(len(x)), targets[begin : begin + len(x)]]).sum()
        return total / n

    temperature = 1 / brentq(slope, 0.25, 4, xtol=1e-13)
    found = {"temperature": temperature}
    for name, t in (("before", 1.0), ("after", temperature)):
        confidence, right = np.empty(n), np.empty(n, dtype=bool)
        nll = brier = 0.0
        mass, hits = np.zeros(classes * bins), np.zeros(classes * bins)
        ids = np.arange(classes)
        for begin, x in pieces(rows):
            at, z = slice(begin, begin + len(x)), x / t
            y = targets[at]
            p = np.exp(log_softmax(z, axis=1))
            confidence[at], right[at] = p.max(axis=1), p.argmax(axis=1) == y
            nll += log_loss(y, p, labels=ids, normalize=False)
            came = np.zeros_like(p)
            came[np.arange(len(x)), y] = 1
            brier += ((p - came) ** 2).sum()
            cell = (np.clip(np.ceil(p * bins) - 1, 0, bins - 1).astype(np.int64) * classes + ids).ravel()
            mass += np.bincount(cell, p.ravel(), classes * bins)
            hits += np.bincount(cell, came.ravel(), classes * bins)
        place = np.clip(np.ceil(confidence * bins) - 1, 0, bins - 1).astype(np.int64)
        gap = np.abs(np.bincount(place, confidence, bins) - np.bincount(place, right, bins))
        found[name] = {
            "ece": gap.sum() / n,
            **({} if ECE is None else {"netcal_ece": float(ECE(bins).measure(confidence, right))}),
            "classwise_ece": np.abs(hits - mass).sum() / (classes * n),
            "brier": brier / n,
            "nll": nll / n,
            "accuracy": right.mean(),
        }
    return found


TASKS = {task.__name__: task for task in (score, diagnose, calibrate)}

def child_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    task, shard, target_path, rounds, *program = sys.argv[1:]
    theirs_s, ours_s = [], []
    for _ in range(int(rounds)):
        began = time.process_time()
        figures = TASKS[task](rows_of(shard), np.load(target_path))
        theirs_s.append(time.process_time() - began)
        began = child_seconds()
        done = subprocess.run([*program, task, "--in", shard, "--quiet"], stdout=subprocess.PIPE, check=True)
        ours_s.append(child_seconds() - began)
    versions = {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}
    if netcal_version is not None:
        versions["netcal"] = netcal_version
    found = {"theirs_s": theirs_s, "ours_s": ours_s, "figures": figures, "versions": versions}
    print(json.dumps({**found, "report": json.loads(done.stdout)}, default=float))
