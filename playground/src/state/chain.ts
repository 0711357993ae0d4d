/** Changes to the chain. Each creates a new list, so effects that sample see a single change. */
import type { StageInfo } from "../api/wire.ts";
import { controlOf, startValue } from "../controls/control.ts";
import type { ChainList } from "../rows/examples.ts";
import { type ChainItem, chain } from "./signals.ts";

let keys = 0;

export function itemOf({ stage, ...options }: ChainList[number], on = true): ChainItem {
  return { key: ++keys, stage, options, on };
}

/** The chain of the request: only the stages that are switched on. */
export function sentChain(items: readonly ChainItem[]): ChainList {
  return items.filter(({ on }) => on).map(({ stage, options }) => ({ stage, ...options }));
}

export function setChain(list: ChainList): void {
  chain.value = list.map((entry) => itemOf(entry));
}

export function setOption(key: number, name: string, value: unknown): void {
  chain.value = chain.value.map((item) => {
    if (item.key !== key) return item;
    const { [name]: _, ...others } = item.options;
    return { ...item, options: value === undefined ? others : { ...others, [name]: value } };
  });
}

export function switchStage(key: number, on: boolean): void {
  chain.value = chain.value.map((item) => (item.key === key ? { ...item, on } : item));
}

export function removeStage(key: number): void {
  chain.value = chain.value.filter((item) => item.key !== key);
}

/** Moves a stage to a position in the list; positions beyond the ends mean the ends. */
export function moveStage(key: number, to: number): void {
  const from = chain.value.findIndex((item) => item.key === key);
  const moved = chain.value[from];
  const place = Math.max(0, Math.min(chain.value.length - 1, to));
  if (moved === undefined || place === from) return;
  chain.value = chain.value.toSpliced(from, 1).toSpliced(place, 0, moved);
}

/**
 * Adds a stage at the end, with values at which it has an effect; lists and objects come from the service's example.
 */
export function addStage({ name, options, example }: StageInfo): number {
  const required = options.required ?? [];
  const values = required
    .filter((option) => option !== "stage")
    .map((option) => {
      const schema = options.properties[option] ?? {};
      return [
        option,
        controlOf(schema).kind === "json" ? (example[option] ?? startValue(schema)) : startValue(schema),
      ];
    });
  const item = itemOf({ stage: name, ...Object.fromEntries(values) });
  chain.value = [...chain.value, item];
  return item.key;
}

export function addStageFirst(entry: ChainList[number]): void {
  chain.value = [itemOf(entry), ...chain.value];
}
