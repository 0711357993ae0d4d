"""Writes one set of rows in every type, codec and layout that Python's libraries support, with numpy's values for each.

    python write_files.py FOLDER

Prints a line of JSON for each file: its name, its description, and either the figures that `logit-sampler score` must
print, computed by numpy in float64 from the written values, or that the file must be refused.
"""

import json
import os
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
from safetensors.numpy import save_file

FOLDER = sys.argv[1]
ROWS, CLASSES = 700, 23
rng = np.random.default_rng(25)
LOGITS = rng.normal(0, 3, (ROWS, CLASSES))
LOGITS[rng.random(LOGITS.shape) < 0.02] = -np.inf
TARGETS = rng.integers(0, CLASSES, ROWS)
LOGITS[np.arange(ROWS), TARGETS] = rng.normal(1, 3, ROWS)  # what came was never masked
OTHERS = (TARGETS + 1) % CLASSES


def figures(logits, targets):
    """Loss and accuracy of rows of different lengths."""
    losses, firsts, best = [], 0, 0
    for row, target in zip(logits, targets):
        row = np.asarray(row, dtype=np.float64)
        top = row.max()
        losses.append(top + np.log(np.exp(row - top).sum()) - row[target])
        firsts += int((row > row[target]).sum() + (row[:target] == row[target]).sum() == 0)
    rows = len(losses)
    return {"rows": rows, "cross_entropy": float(np.mean(losses)) if rows else None, "top_1": firsts / rows if rows else None}


def path(name):
    return os.path.join(FOLDER, name)


def tell(name, about, expected=None, words=None):
    print(json.dumps({"file": name, "about": about, "expected": expected, "words": words or []}))


def holds(name, about, logits=None, targets=TARGETS, words=None):
    tell(name, about, figures(LOGITS if logits is None else logits, targets), words)


def refused(name, about, words=None):
    tell(name, about, None, words)


FLOATS = {"float16": np.float16, "float32": np.float32, "float64": np.float64}
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


def numpy_files():
    for name, dtype in FLOATS.items():
        written = LOGITS.astype(dtype)
        np.save(path(f"np-{name}.npy"), written)
        np.save(path(f"np-{name}.targets.npy"), TARGETS)
        holds(f"np-{name}.npy", f"numpy, {name}", written)
    for name in INTEGERS:
        np.save(path(f"np-t-{name}.npy"), LOGITS)
        np.save(path(f"np-t-{name}.targets.npy"), TARGETS.astype(name))
        holds(f"np-t-{name}.npy", f"numpy, targets of {name}")
    cubes = LOGITS.reshape(7, 100, CLASSES)
    np.save(path("np-cube.npy"), cubes)
    np.save(path("np-cube.targets.npy"), TARGETS.reshape(7, 100))
    holds("np-cube.npy", "numpy, [sequences, steps, classes]")
    np.save(path("np-cube-turned.npy"), cubes)
    np.save(path("np-cube-turned.targets.npy"), TARGETS.reshape(100, 7))
    refused("np-cube-turned.npy", "numpy, targets of the other order of dimensions")
    np.save(path("np-column.npy"), LOGITS)
    np.save(path("np-column.targets.npy"), TARGETS.reshape(-1, 1))
    holds("np-column.npy", "numpy, targets of shape [rows, 1]")
    np.save(path("np-float-targets.npy"), LOGITS)
    np.save(path("np-float-targets.targets.npy"), TARGETS.astype(np.float64))
    holds("np-float-targets.npy", "numpy, targets of float64")
    np.save(path("np-half-targets.npy"), LOGITS)
    np.save(path("np-half-targets.targets.npy"), TARGETS.astype(np.float16))
    refused("np-half-targets.npy", "numpy, targets of float16")
    for version in [(1, 0), (2, 0), (3, 0)]:
        with open(path(f"np-v{version[0]}.npy"), "wb") as file:
            np.lib.format.write_array(file, LOGITS, version=version)
        np.save(path(f"np-v{version[0]}.targets.npy"), TARGETS)
        holds(f"np-v{version[0]}.npy", f"numpy, version {version[0]} of the format")
    for align in [False, True]:
        kinds = [("id", "<U7"), ("target", "<i2"), ("seen", "?"), ("logits", "<f8", (CLASSES,)), ("note", "S5"), ("when", "<M8[s]")]
        rows = np.zeros(ROWS, dtype=np.dtype(kinds, align=align))
        rows["logits"], rows["target"], rows["id"] = LOGITS, TARGETS, "ünïcode"
        np.save(path(f"np-records-{align}.npy"), rows)
        holds(f"np-records-{align}.npy", f"numpy, records beside others, {'aligned' if align else 'packed'}")
    for name in ["label", "labels", "targets"]:
        rows = np.zeros(ROWS, dtype=[(name, "<i4"), ("logits", "<f4", (CLASSES,))])
        rows["logits"], rows[name] = LOGITS, TARGETS
        np.save(path(f"np-{name}.npy"), rows)
        holds(f"np-{name}.npy", f"numpy, classes called {name}", LOGITS.astype(np.float32))
    rows = np.zeros(ROWS, dtype=[("target", "<i4"), ("label", "<i4"), ("logits", "<f4", (CLASSES,))])
    np.save(path("np-two.npy"), rows)
    refused("np-two.npy", "numpy, two columns of classes")
    rows = np.zeros(ROWS, dtype=[("target", "<i4"), ("logits", "<f4", (2, CLASSES))])
    np.save(path("np-two-rows.npy"), rows)
    refused("np-two-rows.npy", "numpy, two rows in each record")
    rows = np.zeros(ROWS, dtype=[("target", "<i4"), ("row", [("logits", "<f4", (CLASSES,))])])
    np.save(path("np-nested.npy"), rows)
    refused("np-nested.npy", "numpy, records in records")
    for name, array in {
        "fortran": np.asfortranarray(LOGITS),
        "big-endian": LOGITS.astype(">f4"),
        "complex": LOGITS.astype(np.complex64),
        "integers": np.zeros((ROWS, CLASSES), np.int32),
        "bool": np.zeros((ROWS, CLASSES), bool),
        "longdouble": LOGITS.astype(np.longdouble),
        "objects": np.array([list(row) for row in LOGITS], dtype=object),
        "text": LOGITS.astype(str),
        "flat": LOGITS.ravel(),
    }.items():
        np.save(path(f"np-{name}.npy"), array, allow_pickle=True)
        np.save(path(f"np-{name}.targets.npy"), TARGETS)
        refused(f"np-{name}.npy", f"numpy, {name}")
    with open(path("np-twice.npy"), "wb") as file:
        np.save(file, LOGITS)
        np.save(file, LOGITS)
    np.save(path("np-twice.targets.npy"), TARGETS)
    refused("np-twice.npy", "numpy, two arrays in one file")
    np.savez(path("np-zip.npz"), logits=LOGITS, target=TARGETS)
    refused("np-zip.npz", "numpy, npz")
    for name, array in {"rows": np.empty((0, CLASSES)), "flat": np.array([]), "cube": np.empty((0, 3, CLASSES))}.items():
        np.save(path(f"np-empty-{name}.npy"), array)
        np.save(path(f"np-empty-{name}.targets.npy"), np.array([], dtype=np.int64))
        holds(f"np-empty-{name}.npy", f"numpy, no rows, {name}", [], [])


def safetensors_files():
    import ml_dtypes

    kinds = {**FLOATS, "bfloat16": ml_dtypes.bfloat16}
    for name, dtype in kinds.items():
        written = LOGITS.astype(dtype)
        save_file({"logits": written, "target": TARGETS}, path(f"st-{name}.safetensors"))
        holds(f"st-{name}.safetensors", f"safetensors, {name}", written.astype(np.float64))
    for name in INTEGERS:
        save_file({"logits": LOGITS, "labels": TARGETS.astype(name)}, path(f"st-t-{name}.safetensors"))
        holds(f"st-t-{name}.safetensors", f"safetensors, labels of {name}")
    save_file({"logits": LOGITS.reshape(7, 100, -1).copy(), "targets": TARGETS.reshape(7, 100)}, path("st-cube.safetensors"))
    holds("st-cube.safetensors", "safetensors, [sequences, steps, classes]")
    save_file({"logits": LOGITS.reshape(7, 100, -1).copy(), "targets": TARGETS.reshape(100, 7)}, path("st-turned.safetensors"))
    refused("st-turned.safetensors", "safetensors, targets of the other order of dimensions")
    save_file({"logits": LOGITS, "target": TARGETS, "label": OTHERS}, path("st-two.safetensors"))
    refused("st-two.safetensors", "safetensors, two columns of classes")
    save_file({"logits": LOGITS.astype(ml_dtypes.float8_e4m3fn), "target": TARGETS}, path("st-f8.safetensors"))
    refused("st-f8.safetensors", "safetensors, float8")
    save_file({"logits": np.empty((0, CLASSES)), "target": np.empty(0, np.int64)}, path("st-empty.safetensors"))
    holds("st-empty.safetensors", "safetensors, no rows", [], [])
    save_file({"logits": LOGITS, "target": TARGETS[:-1].copy()}, path("st-short.safetensors"))
    refused("st-short.safetensors", "safetensors, a target less")


def table(logits=None, targets=None, **columns):
    logits = pa.array([list(row) for row in LOGITS], pa.list_(pa.float32())) if logits is None else logits
    targets = pa.array(TARGETS) if targets is None else targets
    return pa.table({"id": [f"r{i}" for i in range(len(logits))], "logits": logits, "target": targets, **columns})


F32 = LOGITS.astype(np.float32)
CODECS = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]


def pyarrow_files():
    for codec in CODECS:
        for version in ["1.0", "2.0"]:
            for name, more in {
                "dictionary": {},
                "plain": {"use_dictionary": False},
                "split": {"use_dictionary": False, "use_byte_stream_split": ["logits.list.element"]},
                "groups": {"row_group_size": 97, "data_page_size": 1000},
                "checksums": {"write_page_checksum": True, "data_page_size": 3000},
            }.items():
                file = f"pa-{codec}-{version}-{name}.parquet"
                pq.write_table(table(), path(file), compression=codec, data_page_version=version, **more)
                holds(file, f"pyarrow, {codec}, pages of version {version}, {name}", F32)
    for name, kind, written in [
        ("half", pa.float16(), LOGITS.astype(np.float16)),
        ("double", pa.float64(), LOGITS),
    ]:
        for more in [{}, {"use_dictionary": False, "use_byte_stream_split": True, "data_page_version": "2.0"}]:
            file = f"pa-{name}-{len(more)}.parquet"
            lists = pa.array([list(row) for row in written], pa.list_(kind))
            pq.write_table(pa.table({"logits": lists, "target": pa.array(TARGETS, pa.int32())}), path(file), **more)
            holds(file, f"pyarrow, {name}", written)
    for name in INTEGERS:
        for encoding in [None, "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT", "PLAIN"]:
            file = f"pa-t-{name}-{encoding}.parquet"
            more = {} if encoding is None else {"use_dictionary": False, "column_encoding": {"target": encoding}}
            pq.write_table(table(targets=pa.array(TARGETS, getattr(pa, name)())), path(file), row_group_size=300, **more)
            holds(file, f"pyarrow, classes of {name}, encoded as {encoding}", F32)
    for name, kind in {"large": pa.large_list(pa.float32()), "fixed": pa.list_(pa.float32(), CLASSES), "required": pa.list_(pa.field("element", pa.float32(), nullable=False))}.items():
        pq.write_table(table(pa.array([list(row) for row in F32], kind)), path(f"pa-{name}.parquet"), row_group_size=64)
        holds(f"pa-{name}.parquet", f"pyarrow, {name} lists", F32)
    lists = pa.array([list(row) for row in F32], pa.list_(pa.float32()))
    pq.write_table(table(lists), path("pa-item.parquet"), use_compliant_nested_type=False)
    holds("pa-item.parquet", "pyarrow, elements named as before Arrow 11", F32)
    ragged = [list(row[: 5 + i % 18]) for i, row in enumerate(F32)]
    shorter = [int(t % min(5 + i % 18, CLASSES)) for i, t in enumerate(TARGETS)]
    finite = [[x if np.isfinite(x) else -9.0 for x in row] for row in ragged]
    pq.write_table(table(pa.array(finite, pa.list_(pa.float32())), pa.array(shorter)), path("pa-ragged.parquet"), data_page_size=500)
    holds("pa-ragged.parquet", "pyarrow, rows of other lengths", [np.float32(row) for row in finite], shorter)
    wide = np.float32(rng.normal(0, 2, (5, 70_000)))
    for version in ["1.0", "2.0"]:
        pq.write_table(pa.table({"logits": pa.array([row for row in wide], pa.list_(pa.float32())), "label": [1, 2, 3, 4, 69_999]}), path(f"pa-wide-{version}.parquet"), data_page_version=version, row_group_size=2)
        holds(f"pa-wide-{version}.parquet", f"pyarrow, 70,000 classes, pages of version {version}", wide, [1, 2, 3, 4, 69_999])
    masked = pa.array(TARGETS, mask=np.arange(ROWS) % 5 == 0)
    for name, kind in {"int": pa.int64(), "float": pa.float64()}.items():
        pq.write_table(table(targets=masked.cast(kind)), path(f"pa-missing-{name}.parquet"), row_group_size=97)
        refused(f"pa-missing-{name}.parquet", f"pyarrow, classes of {name} that are missing in places")
    pq.write_table(table(targets=pa.array(TARGETS.astype(np.float64))), path("pa-t-double.parquet"))
    holds("pa-t-double.parquet", "pyarrow, classes of float64", F32)
    # Two columns of classes, in one group and in several, in both orders.
    for first, second in [("target", "label"), ("labels", "target"), ("label", "labels")]:
        for size in [ROWS, 97]:
            file = f"pa-two-{first}-{second}-{size}.parquet"
            pq.write_table(pa.table({first: TARGETS, "logits": lists, second: OTHERS}), path(file), row_group_size=size)
            refused(file, f"pyarrow, columns {first} and {second}, groups of {size}")
    nested = {
        "list-of-lists": pa.array([[list(row), list(row)] for row in F32], pa.list_(pa.list_(pa.float32()))),
        "structs": pa.array([[{"id": i, "lp": float(x)} for i, x in enumerate(row)] for row in F32], pa.list_(pa.struct([("id", pa.int32()), ("lp", pa.float32())]))),
        "struct-of-one": pa.array([[{"lp": float(x)} for x in row] for row in F32], pa.list_(pa.struct([("lp", pa.float32())]))),
        "map": pa.array([list(enumerate(map(float, row))) for row in F32], pa.map_(pa.int32(), pa.float32())),
        "struct": pa.array([{"a": list(row)} for row in F32], pa.struct([("a", pa.list_(pa.float32()))])),
        "decimals": pa.array([[1, 2]] * ROWS, pa.list_(pa.decimal128(7, 2))),
        "integers": pa.array([[1, 2]] * ROWS, pa.list_(pa.int32())),
        "times": pa.array([[1, 2]] * ROWS, pa.list_(pa.timestamp("ms"))),
        "texts": pa.array([["a", "b"]] * ROWS, pa.list_(pa.string())),
        "bools": pa.array([[True, False]] * ROWS, pa.list_(pa.bool_())),
        "bytes-of-two": pa.array([[b"ab", b"cd"]] * ROWS, pa.list_(pa.binary(2))),
        "numbers": pa.array(F32[:, 0]),
        "tensors": pa.FixedShapeTensorArray.from_numpy_ndarray(np.ascontiguousarray(np.stack([F32, F32], axis=1))),
    }
    for name, array in nested.items():
        for size in [ROWS, 97]:
            pq.write_table(table(array), path(f"pa-{name}-{size}.parquet"), row_group_size=size)
            refused(f"pa-{name}-{size}.parquet", f"pyarrow, logits as {name}, groups of {size}")
    for name, array in {
        "list": pa.array([[int(t), 1] for t in TARGETS]),
        "struct": pa.array([{"id": int(t)} for t in TARGETS]),
        "decimal": pa.array([int(t) for t in TARGETS], pa.decimal128(5, 2)),
        "date": pa.array([int(t) for t in TARGETS], pa.date32()),
        "half": pa.array(TARGETS.astype(np.float16)),
        "text": pa.array([str(t) for t in TARGETS]),
    }.items():
        pq.write_table(table(targets=array), path(f"pa-t-{name}.parquet"))
        refused(f"pa-t-{name}.parquet", f"pyarrow, classes as {name}")
    for version in ["1.0", "2.0"]:
        pq.write_table(table().slice(0, 0), path(f"pa-empty-{version}.parquet"), data_page_version=version)
        holds(f"pa-empty-{version}.parquet", f"pyarrow, no rows, pages of version {version}", [], [])
    with pq.ParquetWriter(path("pa-empty-groups.parquet"), table().schema) as writer:
        for begin in range(0, ROWS, 350):
            writer.write_table(table().slice(begin, 350))
            writer.write_table(table().slice(0, 0))
    holds("pa-empty-groups.parquet", "pyarrow, groups without rows between others", F32)
    feather.write_feather(table(), path("pa.arrow"), compression="uncompressed")
    refused("pa.arrow", "pyarrow, Arrow IPC")
    import pyarrow.parquet.encryption as pe

    class Kms(pe.KmsClient):
        def __init__(self, config):
            pe.KmsClient.__init__(self)

        def wrap_key(self, key_bytes, master_key_identifier):
            return key_bytes

        def unwrap_key(self, wrapped_key, master_key_identifier):
            return wrapped_key

    for plain in [True, False]:
        config = pe.EncryptionConfiguration(footer_key="f", column_keys={"c": ["logits.list.element"]}, plaintext_footer=plain)
        crypto = pe.CryptoFactory(Kms).file_encryption_properties(pe.KmsConnectionConfig(), config)
        with pq.ParquetWriter(path(f"pa-encrypted-{plain}.parquet"), table().schema, encryption_properties=crypto) as writer:
            writer.write_table(table())
        refused(f"pa-encrypted-{plain}.parquet", f"pyarrow, encrypted, {'plain footer' if plain else 'encrypted footer'}")


def kept_files():
    """Rows that list their best classes, with the mass of the others."""
    order = np.argsort(-LOGITS, axis=1)[:, :10]
    logprobs = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
    kept = np.take_along_axis(logprobs, order, axis=1)
    mass = np.maximum(0, 1 - np.exp(kept).sum(axis=1))
    targets = order[np.arange(ROWS), TARGETS % 10]
    keeps = np.isfinite(kept).all(axis=1)
    order, kept, mass, targets = order[keeps], kept[keeps], mass[keeps], targets[keeps]
    expected = {"rows": len(kept), "cross_entropy": float(np.mean([-kept[i][list(order[i]).index(t)] for i, t in enumerate(targets)])), "top_1": float(np.mean(order[:, 0] == targets))}
    words = ["--vocab-size", str(CLASSES)]
    pq.write_table(pa.table({"token_ids": pa.array(list(order)), "logprobs": pa.array(list(kept)), "tail_mass": mass, "target": targets}), path("kept.parquet"), row_group_size=100)
    tell("kept.parquet", "pyarrow, the ten best classes", expected, words)
    save_file({"token_ids": np.ascontiguousarray(order), "logprobs": np.ascontiguousarray(kept), "tail_mass": mass, "target": targets}, path("kept.safetensors"))
    tell("kept.safetensors", "safetensors, the ten best classes", expected, words)
    with open(path("kept.ndjson"), "w") as file:
        for ids, lps, left, target in zip(order, kept, mass, targets):
            file.write(json.dumps({"token_ids": ids.tolist(), "logprobs": lps.tolist(), "tail_mass": left, "target": int(target), "note": "more"}) + "\n")
    tell("kept.ndjson", "json, the ten best classes, with a field of another name", expected, words)
    rows = np.zeros(len(kept), dtype=[("target", "<i4"), ("token_ids", "<i4", (10,)), ("logprobs", "<f8", (10,)), ("tail_mass", "<f8")])
    rows["target"], rows["token_ids"], rows["logprobs"], rows["tail_mass"] = targets, order, kept, mass
    np.save(path("kept.npy"), rows)
    tell("kept.npy", "numpy, the ten best classes", expected, words)


def other_writers():
    frame = pd.DataFrame({"logits": list(F32), "target": TARGETS})
    for codec in ["snappy", "gzip", "zstd", "brotli", None]:
        frame.to_parquet(path(f"pd-{codec}.parquet"), engine="pyarrow", compression=codec)
        holds(f"pd-{codec}.parquet", f"pandas, {codec}", F32)
    frame.iloc[:0].to_parquet(path("pd-empty.parquet"))
    # pandas has no type for a column without values.
    tell("pd-empty.parquet", "pandas, no rows, of no type", "either")
    missing = frame.assign(target=frame["target"].where(frame.index % 7 != 0))
    missing.to_parquet(path("pd-missing.parquet"))
    refused("pd-missing.parquet", "pandas, classes that are missing in places, so of float64")
    whole = frame.assign(target=frame["target"].astype("Int64"))
    whole.to_parquet(path("pd-nullable.parquet"))
    holds("pd-nullable.parquet", "pandas, classes of Int64", F32)
    frame.to_json(path("pd.ndjson"), orient="records", lines=True, double_precision=15)
    holds("pd.ndjson", "pandas, lines of JSON", F32)

    for codec in ["uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        for name, kind in {"list": pl.List(pl.Float32), "array": pl.Array(pl.Float32, CLASSES)}.items():
            file = f"pl-{codec}-{name}.parquet"
            data = pl.DataFrame({"logits": F32.tolist(), "target": TARGETS}, schema_overrides={"logits": kind})
            data.write_parquet(path(file), compression=codec, row_group_size=200, data_page_size=2000)
            holds(file, f"polars, {codec}, {name}", F32)
    data = pl.DataFrame({"logits": F32.tolist(), "target": TARGETS}, schema_overrides={"logits": pl.List(pl.Float64)})
    for name in INTEGERS:
        data.with_columns(pl.col("target").cast(getattr(pl, name.replace("uint", "UInt").replace("int", "Int") if name.startswith("uint") else name.capitalize()))).write_parquet(path(f"pl-{name}.parquet"))
        holds(f"pl-{name}.parquet", f"polars, classes of {name}", F32)
    data.head(0).write_parquet(path("pl-empty.parquet"))
    holds("pl-empty.parquet", "polars, no rows", [], [])
    data.write_ndjson(path("pl.ndjson"))
    if not np.isinf(F32).any():
        holds("pl.ndjson", "polars, lines of JSON", F32)
    pl.DataFrame({"logits": np.stack([F32, F32], axis=1), "target": TARGETS}).write_parquet(path("pl-cube.parquet"))
    refused("pl-cube.parquet", "polars, arrays of two dimensions")
    data.with_columns(pl.col("target").cast(pl.Decimal(10, 3))).write_parquet(path("pl-decimal.parquet"))
    refused("pl-decimal.parquet", "polars, classes as decimals")

    lists = pa.table({"logits": pa.array(list(F32), pa.list_(pa.float32())), "target": TARGETS})
    with duckdb.connect() as db:
        db.register("rows", lists)
        for codec in ["uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4", "lz4_raw"]:
            for version in ["V1", "V2"]:
                for kind in ["FLOAT[]", f"FLOAT[{CLASSES}]", "DOUBLE[]"]:
                    file = f"db-{codec}-{version}-{kind.replace('[', '').replace(']', '')}.parquet"
                    try:
                        db.execute(f"COPY (SELECT logits::{kind} AS logits, target FROM rows) TO '{path(file)}' (FORMAT parquet, COMPRESSION {codec}, PARQUET_VERSION {version}, ROW_GROUP_SIZE 2048)")
                    except duckdb.Error as error:
                        print(f"{file}: {error}", file=sys.stderr)
                        continue
                    holds(file, f"duckdb, {codec}, {version}, {kind}", F32)
        for name, kind in {"int8": "TINYINT", "uint8": "UTINYINT", "int16": "SMALLINT", "uint16": "USMALLINT", "int32": "INTEGER", "uint32": "UINTEGER", "int64": "BIGINT", "uint64": "UBIGINT"}.items():
            for version in ["V1", "V2"]:
                db.execute(f"COPY (SELECT logits, target::{kind} AS target FROM rows) TO '{path(f'db-{name}-{version}.parquet')}' (FORMAT parquet, PARQUET_VERSION {version})")
                holds(f"db-{name}-{version}.parquet", f"duckdb, classes of {name}, {version}", F32)
        db.execute(f"COPY (SELECT logits, target::HUGEINT AS target FROM rows) TO '{path('db-huge.parquet')}' (FORMAT parquet)")
        tell("db-huge.parquet", "duckdb, classes of 128 bits", "either")
        db.execute(f"COPY (SELECT logits, target FROM rows LIMIT 0) TO '{path('db-empty.parquet')}' (FORMAT parquet)")
        holds("db-empty.parquet", "duckdb, no rows", [], [])
        db.execute(f"COPY (SELECT [logits, logits] AS logits, target FROM rows) TO '{path('db-nested.parquet')}' (FORMAT parquet)")
        refused("db-nested.parquet", "duckdb, lists in lists")
        finite = F32.copy()
        finite[~np.isfinite(finite)] = -12.5
        db.register("finite", pa.table({"logits": pa.array(list(finite), pa.list_(pa.float32())), "target": TARGETS}))
        db.execute(f"COPY (SELECT * FROM finite) TO '{path('db.ndjson')}' (FORMAT json)")
        holds("db.ndjson", "duckdb, lines of JSON", finite)


def texts():
    for name, text in {"nothing": "", "newlines": "\n\n", "spaces": "  \n"}.items():
        with open(path(f"text-{name}.ndjson"), "w") as file:
            file.write(text)
        holds(f"text-{name}.ndjson", f"ndjson, no rows, {name}", [], [])
    for name, line in {
        "two": '{"logits": [1, 2], "target": 1, "label": 0}',
        "nested": '{"logits": [[1, 2], [3, 4]], "target": 1}',
        "words": '{"logits": [1, 2], "target": "1"}',
        "nan": '{"logits": [1, NaN], "target": 0}',
    }.items():
        with open(path(f"text-{name}.ndjson"), "w") as file:
            file.write(line + "\n")
        refused(f"text-{name}.ndjson", f"ndjson, {name}")
    for name in ["npy", "safetensors", "parquet"]:
        open(path(f"text-empty.{name}"), "w").close()
        refused(f"text-empty.{name}", f"{name}, of no bytes")


for write in [numpy_files, safetensors_files, pyarrow_files, kept_files, other_writers, texts]:
    write()
