/** Counts the results of a host's cases. */
import type { Answer, Case, Host } from "./host.ts";
import { judge, type Verdict } from "./judge.ts";
import type { About } from "./run.ts";

export interface Result {
  readonly preset: string;
  readonly variant: string | undefined;
  readonly version: string;
  readonly ran: string;
  /** separated by commas */
  readonly options: string;
  readonly counts: Readonly<Record<Verdict["kind"] | "cases", number>>;
  readonly known: readonly { readonly what: string; readonly whose: string; readonly cases: number }[];
  readonly unexplained: readonly object[];
  /** indices of the cases that were equal */
  readonly equal: readonly number[];
}

export function tally(host: Host, about: About, cases: readonly Case[], answers: readonly Answer[]): Result {
  const counts = {
    cases: cases.length,
    equal: 0,
    tie: 0,
    float: 0,
    both_refuse: 0,
    known: 0,
    unexplained: 0,
  };
  const known = new Map<string, number>();
  const unexplained: object[] = [];
  const equal: number[] = [];
  for (const [i, asked] of cases.entries()) {
    const verdict = judge(host, asked, answers[i] as Answer); // as many
    counts[verdict.kind]++;
    if (verdict.kind === "equal") equal.push(i);
    if (verdict.kind === "known") known.set(verdict.what, (known.get(verdict.what) ?? 0) + 1);
    if (verdict.kind === "unexplained")
      unexplained.push({
        asked: { ...asked, logits: asked.logits.slice(0, 40) },
        size: asked.logits.length,
        ...verdict,
      });
  }
  return {
    preset: host.preset,
    variant: host.variant,
    ...about,
    options: Object.keys(host.options).join(", "),
    counts,
    known: host.known.flatMap(
      ({ what, whose }) => (known.has(what) ? [{ what, whose, cases: known.get(what) as number }] : []), // it has it
    ),
    unexplained,
    equal,
  };
}
