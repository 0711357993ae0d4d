"""Makes shards: shards.py FOLDER ROWS CLASSES.

Rows are N(0, 2.5); the targets are drawn from their softmax at temperature 1.7. Writes all rows as rows.npy with
rows.targets.npy, the first 25,000 as few.npy and few.parquet, and the first 8,000 twice: cut into parts/*.parquet of
different lengths, and as top.parquet, with the best 50 of each row and the mass of the others.
"""

import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TEMPERATURE = 1.7
PIECE = 1000
KEPT = 50


def table(logits, targets):
    flat = pa.array(logits.reshape(-1))
    lists = pa.FixedSizeListArray.from_arrays(flat, logits.shape[1]).cast(pa.list_(pa.float32()))
    return pa.table({"logits": lists, "target": pa.array(targets)})


def top(logits, targets):
    x = logits.astype(np.float64)
    logprobs = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    ids = np.argsort(-logprobs, axis=1)[:, :KEPT].astype(np.int32)
    kept = np.take_along_axis(logprobs, ids, axis=1)
    mass = 1 - np.exp(kept).sum(axis=1)
    return pa.table({"token_ids": list(ids), "logprobs": list(kept.astype(np.float32)), "tail_mass": mass, "target": targets})


if __name__ == "__main__":
    folder, rows, classes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = np.random.default_rng(7)
    logits = (rng.standard_normal((rows, classes), dtype=np.float32) * 2.5).astype(np.float32)
    targets = np.empty(rows, dtype=np.int32)
    for begin in range(0, rows, PIECE):
        piece = logits[begin : begin + PIECE] / TEMPERATURE
        targets[begin : begin + PIECE] = (piece + rng.gumbel(size=piece.shape)).argmax(axis=1)
    os.makedirs(f"{folder}/parts", exist_ok=True)
    np.save(f"{folder}/rows.npy", logits)
    np.save(f"{folder}/rows.targets.npy", targets)
    few = min(rows, 25_000)
    np.save(f"{folder}/few.npy", logits[:few])
    np.save(f"{folder}/few.targets.npy", targets[:few])
    pq.write_table(table(logits[:few], targets[:few]), f"{folder}/few.parquet")
    part = min(rows, 8000)
    pq.write_table(top(logits[:part], targets[:part]), f"{folder}/top.parquet")
    cuts = [0, 17, part // 3, part // 3 + 1, part // 2, part]
    for i, (begin, end) in enumerate(zip(cuts, cuts[1:], strict=False)):
        pq.write_table(table(logits[begin:end], targets[begin:end]), f"{folder}/parts/part-{i}.parquet")
