"""Reads the logits of a Parquet file with pyarrow, one thread: read_parquet.py FILE ROUNDS prints seconds of CPU, as JSON."""

import json
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq

pa.set_cpu_count(1)
path, rounds = sys.argv[1], int(sys.argv[2])
seconds, elements = [], 0
for _ in range(rounds):
    began = time.process_time()
    table = pq.read_table(path, columns=["logits", "target"], use_threads=False, pre_buffer=False)
    elements = len(table.column("logits").combine_chunks().flatten())
    seconds.append(time.process_time() - began)
print(json.dumps({"seconds": seconds, "elements": elements, "pyarrow": pa.__version__}))
