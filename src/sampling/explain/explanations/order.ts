/** Stages in another order. */

import type { ParsedEntry } from "../../chain.ts";
import { PRESETS } from "../../presets/index.ts";
import { stageOf } from "../../presets/preset.ts";
import { type Explanation, type Proposal, running, withChain } from "../explanation.ts";

const nameOf = ({ stage }: ParsedEntry) => stage.name;

/** One stage in another place. Swaps of neighbours are tried first, because they are the usual mistake. */
export const order: Explanation = {
  name: "order",
  summary: "One stage runs in a different place of the order.",
  propose(step) {
    const entries = running(step);
    const proposals: (Proposal & { readonly far: number })[] = [];
    for (const [from, entry] of entries.entries())
      for (const to of entries.keys()) {
        if (to === from || to === from - 1) continue; // a swap of neighbours counts once
        const passed = entries[to] as ParsedEntry; // to is an index of the list
        const moved = entries.toSpliced(from, 1).toSpliced(to, 0, entry);
        const [first, second] = to > from ? [passed, entry] : [entry, passed];
        proposals.push({
          kind: "order",
          stage: entry.stage.name,
          says: `as if ${nameOf(first)} came before ${nameOf(second)}${whereOf(to, from, entries.length)}`,
          changed: withChain(step, moved),
          far: Math.abs(to - from),
        });
      }
    return proposals.sort((a, b) => a.far - b.far).map(({ far: _, ...proposal }) => proposal);
  },
};

function whereOf(to: number, from: number, length: number): string {
  if (Math.abs(to - from) < 2) return "";
  if (to === 0) return ", first of all";
  return to === length - 1 ? ", last of all" : "";
}

/** The stages in the order of each known host. */
export const host_order: Explanation = {
  name: "host_order",
  summary: "The stages run in the order of another host.",
  propose(step) {
    const entries = running(step);
    const known = new Set([entries.map(nameOf).join()]);
    const proposals: Proposal[] = [];
    for (const preset of PRESETS)
      for (const { order = preset.order, name } of [{ ...preset, name: "" }, ...(preset.variants ?? [])]) {
        const names = order.map(stageOf);
        const rank = (entry: ParsedEntry) => names.indexOf(nameOf(entry));
        if (entries.some((entry) => rank(entry) < 0)) continue;
        const sorted = entries.toSorted((a, b) => rank(a) - rank(b));
        const text = sorted.map(nameOf).join();
        if (known.has(text)) continue;
        known.add(text);
        const host = name === "" ? preset.name : `${preset.name}, ${name}`;
        proposals.push({
          kind: "order",
          stage: nameOf(sorted.find((entry, i) => entry !== entries[i]) as ParsedEntry), // the orders differ
          says: `as if the order were that of ${host}: ${sorted.map(nameOf).join(", ")}`,
          changed: withChain(step, sorted),
        });
      }
    return proposals;
  },
};
