/** What audits need: the options that a preset means, and a place for rows. */
import type { Lend } from "../../engines/audit/audit.ts";
import type { EngineOptions } from "../../engines/engine.ts";
import { logitsOf } from "../../engines/logits.ts";
import { PRESETS } from "../../sampling/presets/index.ts";
import { createSampler } from "../../sampling/sampler.ts";
import { withRow } from "../rows/drawing.ts";

/** Where neither the engine nor a file tells how large the vocabulary is. */
const VOCAB_SIZE = 262_144;

/** The preset's defaults are sent, since a server may have been started with others. */
export function defaultsOf(name: string): EngineOptions {
  return PRESETS.find((preset) => preset.name === name)?.defaults ?? {};
}

/** Lends rows to a sampler of one row. */
export function lender(vocab_size = VOCAB_SIZE): Lend {
  const sampler = createSampler({ vocab_size_max: vocab_size, rows_max: 1 });
  return ({ row }, use) => {
    const logits = logitsOf(row);
    if (!(logits instanceof Float32Array)) return use(sampler, logits);
    return withRow(sampler, logits, undefined, (leased) => use(sampler, leased));
  };
}
