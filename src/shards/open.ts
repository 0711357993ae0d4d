/** Opens a shard, whatever its format: one list of formats, each known by how its file ends and by how it begins. */
import { closeSync, existsSync, fstatSync, openSync } from "node:fs";
import { Bytes } from "./bytes.ts";
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
  /** whether bytes at the beginning are of this format */
  begins(bytes: Uint8Array): boolean;
  /** whether it can be read from a pipe, from its first byte to its last */
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
    open: ({ file, close }, options) => openSafetensors(file, options, close),
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
    begins: (bytes) => bytes[0] === 0x7b,
    is_stream: true,
    open: ({ bytes, close }, options) => openNdjson(bytes, options, close),
  },
];

/** Every ending of a shard's name. */
export const ENDINGS = FORMATS.flatMap(({ endings }) => endings);

/** The name of the shard that standard input is. */
export const STDIN = "-";

/** Opens a file, or with `-` standard input. Errors begin with its name. */
export async function openShard(name: string, options: ShardOptions): Promise<Shard> {
  const opened = open(name);
  try {
    const format = formatOf(opened);
    if (options.targets !== undefined && format.name !== "npy")
      throw new Error(
        `is ${format.name}, whose rows have their own targets: a file of targets goes with npy`,
      );
    return await format.open(opened, options);
  } catch (error) {
    opened.close();
    throw error;
  }
}

function open(name: string): Opened {
  if (name === STDIN) return { name, file: 0, size: undefined, bytes: new Bytes(0, null), close: () => {} };
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

/** By how the file begins; what it is called does not matter then. */
function formatOf({ size, bytes, name }: Opened): Format {
  const begin = bytes.peek(9);
  const format = FORMATS.find(({ begins }) => begins(begin));
  const names = FORMATS.map((each) => each.name).join(", ");
  if (format === undefined)
    throw new Error(begin.length === 0 ? "is empty" : `is in none of the formats ${names}`);
  if (size === undefined && !format.is_stream)
    throw new Error(
      `${name === STDIN ? "standard input" : "a pipe"} is ${format.name}, which is read from a file only`,
    );
  return format;
}

/** Targets lie in the file that was named, or in NAME.targets.npy beside NAME.npy. */
function openNpyWithTargets(opened: Opened, options: ShardOptions): Shard {
  const beside = opened.name.replace(/\.npy$/, ".targets.npy");
  const found = beside !== opened.name && existsSync(beside) ? beside : undefined;
  const name = options.targets ?? found;
  if (name === undefined) return openNpy(opened.bytes, options, undefined, opened.close);
  const file = openSync(name, "r");
  const close = () => {
    opened.close();
    closeSync(file);
  };
  return openNpy(opened.bytes, options, new Bytes(file, 0), close);
}

/** Loaded when there is such a file: what reads it is an optional dependency. */
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
