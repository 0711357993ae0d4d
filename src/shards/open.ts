/** Opens a shard of any format. The list of formats has the file endings and the first bytes of each. */
import { closeSync, existsSync, fstatSync, openSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Bytes, Starved } from "./bytes.ts";
import { openNdjson } from "./ndjson.ts";
import { NPY_MAGIC, openNpy } from "./npy.ts";
import { openSafetensors } from "./safetensors.ts";
import type { Shard, ShardOptions } from "./shard.ts";

interface Opened {
  readonly name: string;
  readonly file: number;
  /** of a file; undefined: a pipe */
  readonly size: number | undefined;
  readonly bytes: Bytes;
  close(): void;
}

interface Format {
  readonly name: string;
  readonly endings: readonly string[];
  /** true when the first bytes are of this format */
  begins(bytes: Uint8Array): boolean;
  /** true when it can be read from a pipe, from its first byte to its last */
  readonly is_stream: boolean;
  open(opened: Opened, options: ShardOptions): Shard | Promise<Shard>;
}

const FORMATS: readonly Format[] = [
  {
    name: "npy",
    endings: [".npy"],
    begins: (bytes) => NPY_MAGIC.every((byte, i) => bytes[i] === byte),
    is_stream: true,
    open: openNpyWithTargets,
  },
  {
    name: "safetensors",
    endings: [".safetensors"],
    begins: (bytes) => bytes[8] === 0x7b && bytes[7] === 0, // { behind a length
    is_stream: false,
    open: ({ file, size = 0, close }, options) => openSafetensors(file, size, options, close),
  },
  {
    name: "parquet",
    endings: [".parquet", ".pq"],
    begins: (bytes) => [0x50, 0x41, 0x52, 0x31].every((byte, i) => bytes[i] === byte), // PAR1
    is_stream: false,
    async open({ file, size = 0, close }, options) {
      const { openParquet } = await loadParquet();
      return openParquet(file, size, options, close);
    },
  },
  {
    name: "ndjson",
    endings: [".ndjson", ".jsonl"],
    // An empty file or pipe has no rows, nor has one of empty lines only.
    begins: (bytes) => /^\uFEFF?\s*(\{|$)/.test(new TextDecoder().decode(bytes)),
    is_stream: true,
    open: ({ bytes, close }, options) => openNdjson(bytes, options, close),
  },
];

/** Formats that are often mistaken for shards: their first bytes, and how to convert them. */
const OTHERS = [
  {
    begin: [0x1f, 0x8b],
    advice: "is compressed by gzip: gzip -dc FILE | logit-sampler … --in -, for npy of records and ndjson",
  },
  {
    begin: [0x28, 0xb5, 0x2f, 0xfd],
    advice: "is compressed by zstd: zstd -dc FILE | logit-sampler … --in -, for npy of records and ndjson",
  },
  { begin: [0x50, 0x4b], advice: "is a zip, as npz is: save an array of records by np.save" },
  {
    begin: [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31],
    advice:
      "is Arrow IPC: pyarrow.parquet.write_table(pyarrow.feather.read_table(FILE), …) makes Parquet of it",
  },
  { begin: [0x50, 0x41, 0x52, 0x45], advice: "is encrypted Parquet, which is not read" },
] as const;

/** Every ending of a shard's name. */
export const ENDINGS = FORMATS.flatMap(({ endings }) => endings);

/** Time between two reads of an empty pipe. */
const IDLE_MS = 5;

/** Enough bytes for the beginning of a safetensors header, and for a few empty lines. */
const BEGIN_BYTES = 64;

/** The name of standard input as a shard. */
export const STDIN = "-";

/**
 * Opens a file, or standard input for `-`. Errors begin with its name. While a pipe is empty, `idle` is awaited between
 * two attempts.
 */
export async function openShard(
  name: string,
  options: ShardOptions,
  idle: () => Promise<void> = () => setTimeout(IDLE_MS),
): Promise<Shard> {
  const opened = open(name);
  try {
    return await fed(() => openFormat(opened, options), idle);
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** The result of the attempt, once the pipe has enough bytes for it. */
async function fed<Result>(
  attempt: () => Result | Promise<Result>,
  idle: () => Promise<void>,
): Promise<Result> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Starved)) throw error;
    }
    await idle();
  }
}

function openFormat(opened: Opened, options: ShardOptions): Shard | Promise<Shard> {
  const format = formatOf(opened);
  if (options.targets !== undefined && format.name !== "npy")
    throw new Error(`is ${format.name}, whose rows have their own targets: a file of targets goes with npy`);
  return format.open(opened, options);
}

function open(name: string): Opened {
  if (name === STDIN) return openStdin();
  const file = openSync(name, "r");
  const stat = fstatSync(file);
  if (stat.isDirectory()) throw new Error("is a folder, not a shard");
  const size = stat.isFile() ? stat.size : undefined;
  return {
    name,
    file,
    size,
    bytes: new Bytes(file, size === undefined ? null : 0),
    close: () => closeSync(file),
  };
}

/**
 * Reading an empty pipe would block the process and its signals. Opening Node's stream makes the pipe non-blocking and
 * reads nothing.
 */
function openStdin(): Opened {
  const stat = fstatSync(0);
  if (stat.isFIFO() || stat.isSocket()) void process.stdin;
  return { name: STDIN, file: 0, size: undefined, bytes: new Bytes(0, null), close: () => {} };
}

/** The first bytes decide the format, not the name of the file. */
function formatOf({ size, bytes, name }: Opened): Format {
  const begin = bytes.peek(BEGIN_BYTES);
  const format = FORMATS.find(({ begins }) => begins(begin));
  const names = FORMATS.map((each) => each.name).join(", ");
  if (format === undefined) {
    const other = OTHERS.find((each) => each.begin.every((byte, i) => begin[i] === byte));
    throw new Error(other?.advice ?? `is in none of the formats ${names}`);
  }
  // An empty file is not a valid npy or Parquet file.
  const named = FORMATS.find(({ endings }) => endings.some((ending) => name.endsWith(ending)));
  if (begin.length === 0 && size !== undefined && named !== undefined && named !== format)
    throw new Error(`is empty, and should be ${named.name}`);
  if (size === undefined && !format.is_stream)
    throw new Error(
      `${name === STDIN ? "standard input" : "a pipe"} is ${format.name}, which is read from a file only`,
    );
  return format;
}

/**
 * The file with the classes of an npy shard: `targets`, where {shard} stands for the shard's name without its ending;
 * otherwise NAME.targets.npy beside NAME.npy, if it exists.
 */
export function targetsOf(shard: string, targets: string | undefined): string | undefined {
  if (targets !== undefined) return targets.replaceAll("{shard}", shard.replace(/\.[^./]*$/, ""));
  const beside = shard.replace(/\.npy$/, ".targets.npy");
  return beside !== shard && existsSync(beside) ? beside : undefined;
}

function openNpyWithTargets(opened: Opened, options: ShardOptions): Shard {
  const name = targetsOf(opened.name, options.targets);
  if (name === undefined) return openNpy(opened.bytes, options, undefined, opened.close);
  const file = openSync(name, "r");
  const close = () => {
    opened.close();
    closeSync(file);
  };
  try {
    return openNpy(opened.bytes, options, new Bytes(file, 0), close);
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Loaded on first use, because the reader is an optional dependency. */
async function loadParquet() {
  try {
    return await import("./parquet/parquet.ts");
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error(
      "is Parquet, for which the packages hyparquet and hyparquet-compressors must be installed",
    );
  }
}
