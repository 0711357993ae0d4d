/**
 * The rules that combine sources once more, plain and in float64: rows of logits in, scores out.
 *
 * The rules are whatever the files of `combinations/` export, under the file's name: a new one needs its file and nothing here.
 */
import { readdirSync } from "node:fs";
import type { Fields, ReferenceCombination, Rows, Scores } from "./sources.ts";

const files = readdirSync(new URL("./combinations/", import.meta.url)).map((file) =>
  file.replace(/\.ts$/, ""),
);
const modules = await Promise.all(
  // Each file there exports its rule under this name.
  files.map(
    (file) => import(`./combinations/${file}.ts`) as Promise<{ readonly combination: ReferenceCombination }>,
  ),
);

export const COMBINATIONS: Readonly<Record<string, ReferenceCombination>> = Object.fromEntries(
  modules.map(({ combination }, i) => [(files[i] as string).replaceAll("-", "_"), combination]), // one module a file
);

export function combinedScores(rows: Rows, combine: Fields, temperatures: readonly number[] = []): Scores {
  const combination = COMBINATIONS[String(combine["rule"])];
  if (combination === undefined) throw new Error(`the reference has no rule ${combine["rule"]}`);
  const sources = rows.map((row, i) => row.map((x) => x / (temperatures[i] ?? 1)));
  return combination.rule(sources, combine);
}
