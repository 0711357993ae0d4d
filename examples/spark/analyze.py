"""Analyses over shards with Spark: every partition of rows becomes sums, the sums become a report.

    pip install pyspark pyarrow pandas numpy
    python analyze.py score shards/ [--temperature 1.4]
    python analyze.py calibrate shards/

Spark cuts the rows as it likes: the report has the same bytes as that of `logit-sampler score --in shards/`. A
calibration is a few such maps, each with what the merge before found.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession

PROGRAM = os.environ.get("LOGIT_SAMPLER", "logit-sampler").split()
# How many sums a partition holds before it merges them.
FAN_IN = 64


def run(words: list[str], data: bytes) -> str:
    done = subprocess.run([*PROGRAM, *words], input=data, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def records(batch: pa.RecordBatch) -> bytes:
    """The rows as npy records: what came and the logits of each together, as a pipe needs them."""
    column = batch.column("logits")
    logits = column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)
    rows = np.empty(len(logits), dtype=[("target", "<i4"), ("logits", "<f4", logits.shape[1:])])
    rows["logits"], rows["target"] = logits, batch.column("target").to_numpy(zero_copy_only=False)
    with tempfile.TemporaryFile() as file:
        np.save(file, rows)
        file.seek(0)
        return file.read()


def merge(texts: list[str]) -> str:
    return run(["merge", "--partial", "-"], "".join(texts).encode())


def analyze(spark: SparkSession, command: str, folder: str, words: list[str]) -> str:
    while True:

        def sums(batches: Iterator[pa.RecordBatch], words: list[str] = words) -> Iterator[pa.RecordBatch]:
            parts: list[str] = []
            for batch in batches:
                if batch.num_rows > 0:
                    parts.append(run([command, "--in", "-", "--out", "-", "--quiet", *words], records(batch)))
                if len(parts) == FAN_IN:
                    parts = [merge(parts)]
            if parts:
                yield pa.RecordBatch.from_pydict({"sums": [merge(parts)]})

        rows = spark.read.parquet(folder).select("logits", "target").mapInArrow(sums, "sums string")
        # The workers merge what partitions come to; the driver holds a few of these sums.
        parts = rows.rdd.map(lambda row: row.sums).treeReduce(lambda one, other: merge([one, other]), depth=3)
        merged = run(["merge", "-"], parts.encode())
        if json.loads(merged)["kind"] == "report":
            return merged
        # A round of a calibration: the next one begins where this one ended.
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as state:
            state.write(merged)
        words = ["--after", state.name]


if __name__ == "__main__":
    command, folder, *words = sys.argv[1:]
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers have what this process has
    session = SparkSession.builder.appName("logit-sampler").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    sys.stdout.write(analyze(session, command, folder, words))
