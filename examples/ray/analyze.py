"""Analyses over shards with Ray Data: every batch of rows becomes sums, the sums become a report.

    pip install "ray[data]"
    python analyze.py score shards/ [--temperature 1.4]
    python analyze.py calibrate shards/

Ray cuts the rows as it likes: the report has the same bytes as that of `logit-sampler score --in shards/`. A calibration
is a few such maps, each with what the merge before found.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import pyarrow as pa
import ray

PROGRAM = os.environ.get("LOGIT_SAMPLER", "logit-sampler").split()
# How many sums are merged at once, on a worker; the driver holds no more of them, however many rows there are.
FAN_IN = 64


def run(words: list[str], data: bytes) -> str:
    done = subprocess.run([*PROGRAM, *words], input=data, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def records(batch: pa.Table) -> bytes:
    """The rows as npy records: what came and the logits of each together, as a pipe needs them."""
    column = batch.column("logits").combine_chunks()
    logits = column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)
    rows = np.empty(len(logits), dtype=[("target", "<i4"), ("logits", "<f4", logits.shape[1:])])
    rows["logits"], rows["target"] = logits, batch.column("target").to_numpy()
    with tempfile.TemporaryFile() as file:
        np.save(file, rows)
        file.seek(0)
        return file.read()


def merge(batch: pa.Table) -> pa.Table:
    texts = "".join(batch.column("sums").to_pylist())
    return pa.table({"sums": [run(["merge", "--partial", "-"], texts.encode())]})


def analyze(command: str, folder: str, words: list[str]) -> str:
    while True:

        def sums(batch: pa.Table) -> pa.Table:
            return pa.table({"sums": [run([command, "--in", "-", "--out", "-", "--quiet", *words], records(batch))]})

        parts = ray.data.read_parquet(folder).map_batches(sums, batch_format="pyarrow", batch_size=4096).materialize()
        while parts.count() > FAN_IN:
            parts = parts.map_batches(merge, batch_format="pyarrow", batch_size=FAN_IN).materialize()
        merged = run(["merge", "-"], "".join(row["sums"] for row in parts.take_all()).encode())
        if json.loads(merged)["kind"] == "report":
            return merged
        # A round of a calibration: the next one begins where this one ended.
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as state:
            state.write(merged)
        words = ["--after", state.name]


if __name__ == "__main__":
    command, folder, *words = sys.argv[1:]
    # Ray writes messages to standard output: they go to standard error, and the report alone to where it was.
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with report:
        report.write(analyze(command, folder, words))
