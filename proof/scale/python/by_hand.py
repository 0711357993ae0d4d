"""`logit-sampler score` against numpy by hand in float32 over pyarrow, a block of 256 rows at a time, by the codec.

python by_hand.py FOLDER ROUNDS PROGRAM...

Prints JSON: seconds of CPU for each file, the minimum of rounds that alternate. Ours include the start of the process,
theirs the start of Python and its imports. Also prints the seconds that `cat` takes, and the bytes of the file.
"""

import json
import os
import resource
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, CLASSES, BLOCK = 20_000, 1000, 256


def score(x, t):
    rows = np.arange(len(x))
    top = x.max(1, keepdims=True)
    loss = np.log(np.exp(x - top).sum(1)) + top[:, 0] - x[rows, t]
    rank = (x > x[rows, t][:, None]).sum(1)
    return loss.sum(dtype=np.float64), (rank < 1).sum(), (rank < 5).sum(), (rank < 10).sum()


def read(file):
    if file.endswith(".npy"):
        x, t = np.load(file, mmap_mode="r"), np.load(file.replace(".npy", ".targets.npy"))
        for begin in range(0, len(x), BLOCK):
            yield x[begin : begin + BLOCK], t[begin : begin + BLOCK]
        return
    for batch in pq.ParquetFile(file).iter_batches(batch_size=BLOCK):
        yield batch.column("logits").flatten().to_numpy().reshape(len(batch), -1), batch.column("target").to_numpy()


def by_hand(file):
    loss, rows = 0.0, 0
    for x, t in read(file):
        loss, rows = loss + score(x, t)[0], rows + len(x)
    print(json.dumps({"cross_entropy": float(loss / rows)}))


def cpu_of(words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, out


def main(folder, rounds, *program):
    rng = np.random.default_rng(1)
    x = rng.normal(0, 3, (ROWS, CLASSES)).astype(np.float32)
    t = rng.integers(0, CLASSES, ROWS)
    np.save(os.path.join(folder, "hand.npy"), x)
    np.save(os.path.join(folder, "hand.targets.npy"), t)
    lists = pa.ListArray.from_arrays(np.arange(0, ROWS * CLASSES + 1, CLASSES, dtype=np.int32), x.ravel())
    names = ["hand.npy"]
    for codec in ["none", "snappy", "gzip", "zstd", "brotli"]:
        names.append(f"hand-{codec}.parquet")
        table = pa.table({"logits": lists, "target": t})
        pq.write_table(table, os.path.join(folder, names[-1]), compression=codec, use_dictionary=False)
    races = []
    for name in names:
        file = os.path.join(folder, name)
        race = {"file": name, "bytes": os.path.getsize(file), "ours_s": [], "theirs_s": [], "cat_s": []}
        for _ in range(int(rounds)):
            ours, report = cpu_of([*program, "score", "--in", file, "--quiet"])
            theirs, figures = cpu_of([sys.executable, __file__, file])
            race["ours_s"].append(ours)
            race["theirs_s"].append(theirs)
            race["cat_s"].append(cpu_of(["cat", file])[0])
            race["difference"] = abs(json.loads(report)["cross_entropy"] - json.loads(figures)["cross_entropy"])
        races.append(race)
    print(json.dumps(races))


if len(sys.argv) == 2:
    by_hand(sys.argv[1])
else:
    main(*sys.argv[1:])
