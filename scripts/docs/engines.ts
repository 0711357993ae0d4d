/** Markdown about the sampler beside the samplers of engines, made from bench/results/engines.json. */

import { CHAINS } from "../../bench/rivals/chains.ts";
import type { RivalResults, RowKind } from "../../bench/rivals/results.ts";
import { table } from "../../evidence/markdown.ts";
import { machineText } from "../../evidence/results.ts";
import { figure, racedBy, results, SIZE, thousands, times, versionsText } from "./measured.ts";

const ENGINES = ["llama.cpp", "transformers", "numpy"];

const engines = () => results<RivalResults>("engines", "bench:engines");

export const ENGINES_NOTE =
  "\\* runs only a part of the chain: transformers has no presence and no frequency penalty. The numpy sampler has no biases and no penalties.";

export function enginesText(): string[] {
  const { machine, versions } = engines();
  return [
    "The library and the engines' own samplers draw from the same tokens, in one run and in turns, with one thread each. The",
    `tables have our microseconds a step over ${thousands(SIZE)} logits, the minimum of many steps, and the ratio of each engine's time to`,
    "ours. Our time is wall-clock time, theirs is CPU time. llama.cpp gets a prepared array of candidates, which it would",
    "otherwise fill before every step.",
    `\`npm run bench:engines\`, ${machineText(machine)}, ${versionsText(versions)}:`,
  ];
}

export function enginesTable(kind: RowKind): string {
  const rows = CHAINS.flatMap((chain) => {
    const raced = racedBy(engines(), SIZE, kind, chain);
    const ours = raced.get("ours");
    if (ours === undefined) return [];
    return [[chain.name, figure(ours.min_us), ...ENGINES.map((name) => times(raced.get(name), ours))]];
  });
  return table(["chain", "ours, µs", ...ENGINES], rows);
}

/** The ratio of each engine's time to ours, for the chain and rows with the smallest ratio, or the largest. */
export function engineRatios(which: "least" | "most"): ReadonlyMap<string, string> {
  const pick = which === "least" ? Math.min : Math.max;
  return new Map(
    ENGINES.map((engine) => {
      const ratios = engines().races.flatMap(({ runners }) => {
        const [ours, other] = ["ours", engine].map((wanted) => runners.find(({ name }) => name === wanted));
        return ours === undefined || other === undefined ? [] : [other.min_us / ours.min_us];
      });
      return [engine, figure(pick(...ratios))];
    }),
  );
}

/** The machine and versions of the measurement. */
export function machineOfEngines(): string {
  const { cpu, cores } = engines().machine;
  return `${cpu}, ${cores} cores`;
}
