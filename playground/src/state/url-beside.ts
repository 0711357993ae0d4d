/** The other of two texts in the address: `side=B&other=temperature(temperature=1.2)&other_seed=7&other_n=60`. */
import type { Run } from "../write/runs.ts";
import { SIDES, type SideName } from "../write/side-names.ts";
import { type Extras, readExtras, writeExtras } from "./extras.ts";
import type { ChainItem } from "./signals.ts";
import { decoded, readChain, readRuns, writeChain, writeRuns } from "./url-chain.ts";

export interface Beside {
  /** the side that has the chain and seed of the address itself */
  readonly chosen: SideName;
  readonly chain: readonly Pick<ChainItem, "stage" | "options" | "on">[];
  readonly seed: string;
  readonly order: string;
  readonly extras: Extras;
  readonly runs: readonly Run[];
}

export function writeBeside(beside: Beside | undefined): string[] {
  if (beside === undefined) return [];
  const { chosen, chain, seed, order, extras, runs } = beside;
  const more = writeExtras(extras);
  return [
    `side=${chosen}`,
    `other=${writeChain(chain)}`,
    `other_seed=${encodeURIComponent(seed)}`,
    ...(order === "" ? [] : [`other_order=${encodeURIComponent(order)}`]),
    ...(more === "" ? [] : [`other_with=${encodeURIComponent(more)}`]),
    ...(runs.length === 0 ? [] : [`other_n=${writeRuns(runs, { chain, seed, extras })}`]),
  ];
}

export function readBeside(parts: ReadonlyMap<string, string>): Beside | undefined {
  const chosen = SIDES.find((name) => name === parts.get("side"));
  const chain = readChain(parts.get("other"));
  const seed = decoded(parts.get("other_seed"));
  if (chosen === undefined || chain === undefined || seed === undefined) return undefined;
  const extras = readExtras(decoded(parts.get("other_with")));
  const runs = readRuns(parts.get("other_n"), { chain, seed, extras }) ?? [];
  return { chosen, chain, seed, order: decoded(parts.get("other_order")) ?? "", extras, runs };
}
