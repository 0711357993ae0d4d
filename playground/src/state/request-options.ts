/**
 * Takes chain, seed and step from the options of a pasted request, and describes the options that the page does not
 * support.
 */
import { batch, signal } from "@preact/signals";
import type { ChainList } from "../rows/examples.ts";
import { stageInfo } from "./catalogue.ts";
import { setChain } from "./chain.ts";
import { chainOf, presets } from "./presets.ts";
import { order_of, seed, step } from "./signals.ts";

/** Options of a request that the page did not use, by name. */
export const untaken = signal<readonly string[]>([]);

/** The order of the short form when a request names no preset. */
const DEFAULT_PRESET = "default";

export function takeOptions(options: Readonly<Record<string, unknown>>): void {
  const { chain: list, preset: name, seed: seed_number, step: at, ...short } = options;
  const preset = presets.value.find((each) => each.name === (name ?? DEFAULT_PRESET));
  const of_short = preset === undefined ? [] : chainOf(preset, short);
  const stages = isChain(list) ? list : of_short;
  const taken = new Set(isChain(list) ? [] : of_short.flatMap((entry) => Object.keys(entry)));
  batch(() => {
    setChain(stages);
    order_of.value = typeof name === "string" && preset !== undefined ? name : "";
    if (typeof seed_number === "number" || typeof seed_number === "string") seed.value = String(seed_number);
    if (typeof at === "number" && Number.isSafeInteger(at) && at >= 0) step.value = at;
    untaken.value = Object.keys(short).filter((option) => !taken.has(option));
  });
}

function isChain(list: unknown): list is ChainList {
  return (
    Array.isArray(list) &&
    list.every((entry) => typeof entry?.stage === "string" && stageInfo(entry.stage) !== undefined)
  );
}
