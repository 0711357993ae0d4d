/** A recorded answer of a host's own code as a line of conformance/hosts. */

import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { tiesOf } from "./ties.ts";
import { allOr, type Line } from "./vector.ts";
import { written } from "./written.ts";

/** A question to the host, and its answer. */
export interface Recorded {
  readonly preset: string;
  readonly variant?: string | undefined;
  /** the packages that ran, with their versions */
  readonly version: string;
  /** options as the preset's short form has them */
  readonly options: Readonly<Record<string, unknown>>;
  /** null is −Infinity */
  readonly row: readonly (number | null)[];
  readonly history: readonly number[];
  readonly prompt_length: number;
  readonly kept: readonly number[];
  readonly probabilities: readonly number[];
}

/** Ours is float64, a host's may be float32: the largest difference that a float32 sum over a row explains. */
const TOLERANCE = 3e-5;

export function hostLine(place: number, recorded: Recorded): Line {
  const { preset, variant, version, options, row, history, prompt_length, kept, probabilities } = recorded;
  const host = variant === undefined ? preset : `${preset} ${variant}`;
  const { chain } = parseStepOptions({ preset, ...(variant && { variant }), ...options, seed: 0 });
  const own = chain.filter(({ skipped }) => skipped !== "neutral").map(written);
  const ties = tiesOf({ chain: own, row, history }, kept);
  return {
    id: `${host.replaceAll(" ", "-")}-${String(place + 1).padStart(3, "0")}`,
    section: "hosts",
    task: "distribution",
    rule: host,
    about: `what ${version} answered`,
    host: { preset, ...(variant && { variant }) },
    options,
    chain: own,
    row,
    history,
    prompt_length,
    kept: allOr(kept, row.length),
    probabilities,
    tolerance: TOLERANCE,
    ...(ties.length > 0 && { ties }),
    why: `docs/presets.md, ${preset}`,
  };
}
