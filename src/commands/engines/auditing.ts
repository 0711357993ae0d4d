/** The inputs of an audit: the options that a preset stands for, and memory for rows. */
import type { Lend } from "../../engines/audit/audit.ts";
import type { EngineOptions } from "../../engines/engine.ts";
import { logitsOf } from "../../engines/logits.ts";
import { PRESETS } from "../../sampling/presets/index.ts";
import { createSampler } from "../../sampling/sampler.ts";
import { withRow } from "../rows/drawing.ts";

/** The vocabulary size that is assumed when neither the engine nor a file gives it. */
const VOCAB_SIZE = 262_144;

/** The preset's defaults are sent too, because a server may have been started with others. */
export function defaultsOf(name: string): EngineOptions {
  return PRESETS.find((preset) => preset.name === name)?.defaults ?? {};
}

/** Passes rows to a sampler of one row. */
export function lender(vocab_size = VOCAB_SIZE): Lend {
  const sampler = createSampler({ vocab_size_max: vocab_size, rows_max: 1 });
  return ({ row }, use) => {
    const logits = logitsOf(row);
    if (!(logits instanceof Float32Array)) return use(sampler, logits);
    return withRow(sampler, logits, undefined, (leased) => use(sampler, leased));
  };
}
