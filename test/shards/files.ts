/** Writes shards as numpy, safetensors and others do, into a folder that is removed at the end. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openShard } from "../../src/shards/open.ts";
import type { ShardOptions } from "../../src/shards/shard.ts";

export interface ShardFolder {
  readonly folder: string;
  /** A file with this extension, with a unique name unless one is given. */
  file(ending: string, bytes: Uint8Array | string, name?: string): string;
}

/** A folder for the calling test file, which is removed after its last test. */
export function shardFolder(): ShardFolder {
  const folder = mkdtempSync(join(tmpdir(), "shards-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let written = 0;
  return {
    folder,
    file(ending, bytes, name = `f${written++}`) {
      const path = join(folder, name + ending);
      writeFileSync(path, bytes);
      return path;
    },
  };
}

export function npy(
  descr: string,
  shape: readonly number[],
  data: ArrayBufferView,
  fortran = "False",
): Uint8Array {
  const dict = `{'descr': ${descr.startsWith("[") ? descr : `'${descr}'`}, 'fortran_order': ${fortran}, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  const header = `${dict.padEnd(117)}\n`;
  const length = Uint8Array.of(header.length & 255, header.length >> 8);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), length, Buffer.from(header), bytes]);
}

export interface Tensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

export function safetensors(tensors: readonly Tensor[]): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: "np" } };
  let at = 0;
  for (const { name, dtype, shape, data } of tensors) {
    header[name] = { dtype, shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([
    length,
    json,
    ...tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

export interface ReadRow {
  readonly values: readonly number[];
  readonly target: unknown;
  readonly tail?: { readonly ids: readonly number[]; readonly count: number; readonly logit: number };
  /** the error message for an invalid row */
  readonly problem?: string;
}

const NONE: ShardOptions = { vocab_size: undefined, targets: undefined };

/** All rows of a shard from row `skip` on, copied. */
export async function rowsOf(
  path: string,
  options: Partial<ShardOptions> = {},
  skip = 0,
): Promise<ReadRow[]> {
  const shard = await openShard(path, { ...NONE, ...options });
  const rows: ReadRow[] = [];
  try {
    if (skip > 0) shard.skip(skip);
    for (let n = 0; n < 100_000; n++) {
      try {
        const row = shard.next();
        if (row === undefined) return rows;
        const { values, target, tail } = row;
        rows.push({
          values: Array.from(values),
          target,
          ...(tail && { tail: { ids: Array.from(tail.ids), count: tail.count, logit: tail.logit } }),
        });
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "Problem") throw error;
        rows.push({ values: [], target: undefined, problem: error.message });
      }
    }
  } finally {
    shard.close();
  }
  throw new Error("a shard of a test has no end");
}
