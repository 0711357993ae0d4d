/** Rows in shared memory: registering their file, and the inference that names them by their offset. */
import { DTYPES, type Dtype } from "../src/kernels/kernel.ts";
import type { Scenario } from "./scenarios.ts";

/** Registers the first bytes of a file of the service's directory under the file's own name. */
export async function registerRegion(url: string, key: string, byte_size: number): Promise<void> {
  const path = `/v2/systemsharedmemory/region/${key}/register`;
  const reply = await fetch(url + path, { method: "POST", body: JSON.stringify({ key, byte_size }) });
  if (!reply.ok) throw new Error(await reply.text());
}

/** Rows of a region that lie one after the other. */
export interface RegionRows {
  readonly region: string;
  /** in bytes */
  readonly offset?: number;
  readonly dtype: Dtype;
  readonly rows: number;
  readonly vocab_size: number;
}

/** An inference with such rows and these options. */
export function regionScenario(name: string, place: RegionRows, options: object): Scenario {
  const { region, offset = 0, dtype, rows, vocab_size } = place;
  const parameters = {
    shared_memory_region: region,
    shared_memory_offset: offset,
    shared_memory_byte_size: rows * vocab_size * DTYPES[dtype].bytes,
  };
  const datatype = dtype === "f32" ? "FP32" : "BF16";
  const inputs = [{ name: "logits", shape: [rows, vocab_size], datatype, parameters }];
  const body = { inputs, outputs: [{ name: "token_id" }], parameters: options };
  return {
    name,
    path: "/v2/models/sampler/infer",
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(body)),
    rows,
  };
}
