/** The hosts' presets, as GET /v1/presets lists them, and the conversion of a preset to a chain that can be edited. */
import { batch, signal } from "@preact/signals";
import { Refusal, request } from "../api/client.ts";
import type { ProblemBody } from "../api/wire.ts";
import type { ChainList } from "../rows/examples.ts";
import { stageInfo, stages } from "./catalogue.ts";
import { sentChain, setChain } from "./chain.ts";
import { chain, order_of } from "./signals.ts";

/** A stage at its place: by name, or with options, in which case it always runs. */
type Place = string | (Readonly<Record<string, unknown>> & { readonly stage: string });

export interface PresetInfo {
  readonly name: string;
  readonly summary: string;
  readonly source: { readonly title: string; readonly url: string };
  readonly order: readonly Place[];
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly rules: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly notes: readonly string[];
}

export const presets = signal<readonly PresetInfo[]>([]);
export const presets_problem = signal<ProblemBody | undefined>(undefined);

export async function loadPresets(): Promise<void> {
  try {
    presets.value = (await request<{ presets: readonly PresetInfo[] }>("/v1/presets", {})).presets;
    presets_problem.value = undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    presets_problem.value = error.problem;
  }
}

/**
 * Puts the chain into a host's order, with the host's rules. Numbers that the user has set stay, and the host's
 * defaults are added.
 */
export function usePreset(preset: PresetInfo): void {
  batch(() => {
    setChain(orderOf(preset, sentChain(chain.value)));
    order_of.value = preset.name;
  });
}

/** A chain in a host's order: the stages that have numbers, from the chain or by default. */
export function orderOf({ order, defaults, rules }: PresetInfo, list: ChainList): ChainList {
  const own = new Map(list.map((entry) => [entry.stage, entry]));
  return order.flatMap((place): ChainList => {
    const stage = typeof place === "string" ? place : place.stage;
    const { stage: _, ...given } = own.get(stage) ?? { stage };
    const options = { ...fieldsOf(stage, defaults), ...(typeof place === "string" ? given : place) };
    if (!isComplete(stage, options)) return [];
    return [{ ...rules[stage], ...options, stage }];
  });
}

/** The chain from short-form options in a host's order. */
export function chainOf(preset: PresetInfo, short: Readonly<Record<string, unknown>>): ChainList {
  const named = stages.value
    .map(({ name }) => ({ stage: name, ...fieldsOf(name, short) }))
    .filter((entry) => Object.keys(entry).length > 1);
  return orderOf(preset, named);
}

/** Stages that a host runs more than once. */
export function repeatedIn({ order }: PresetInfo): string[] {
  const names = order.map((place) => (typeof place === "string" ? place : place.stage));
  return [...new Set(names.filter((name, i) => names.indexOf(name) < i))];
}

function fieldsOf(stage: string, defaults: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys(stageInfo(stage)?.options.properties ?? {});
  return Object.fromEntries(names.filter((name) => name in defaults).map((name) => [name, defaults[name]]));
}

function isComplete(stage: string, options: Readonly<Record<string, unknown>>): boolean {
  const required = stageInfo(stage)?.options.required ?? [stage];
  return required.every((name) => name === "stage" || name in options);
}

/** The chain's options in the short form, for hosts that run with the same numbers. */
export function shortForm(list: ChainList): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...list.map(({ stage: _, ...options }) => options));
}
