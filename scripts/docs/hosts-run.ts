/** The tables of docs/hosts.md, made from the results of `npm run proof:hosts -- --long --write`. */
import { cell, replaceParts, table } from "../../evidence/markdown.ts";
import { type Machine, machineText } from "../../evidence/results.ts";

interface Times {
  readonly vocab_size: number;
  readonly what?: string;
  readonly own: number;
  readonly ours: number;
  readonly local?: number;
}

/** As proof/hosts stores it. */
export interface HostsRun {
  readonly machine: Machine;
  readonly hosts: readonly {
    readonly name: string;
    readonly version: string;
    readonly note?: string;
    readonly claims: readonly string[];
    readonly ms: readonly Times[];
  }[];
}

export function hostsPage(current: string, { machine, hosts }: HostsRun): string {
  const run = hosts.map(({ name, version, note = "", claims }) => [
    name,
    cell(version),
    cell(note),
    String(claims.length),
  ]);
  const ms = hosts.flatMap(({ name, ms: times }) =>
    times.map(({ vocab_size, what = "", own, ours, local }) => [
      name,
      vocab_size.toLocaleString("en"),
      what,
      own.toFixed(2),
      ours.toFixed(2),
      local?.toFixed(2) ?? "",
    ]),
  );
  const told = `Milliseconds per token, model and sampler together: the minimum of several runs that take turns. The chain is temperature 0.8 and top-p 0.95 (in JavaScript top-k 40, because those hosts have no top-p), on one thread. ${machineText(machine)}:`;
  const costs = table(
    ["host", "tokens", "", "its own sampler, ms", "the service, ms", "in the process, ms"],
    ms,
  );
  return replaceParts(current, {
    "hosts-run": table(["host", "run with", "what of it", "claims"], run),
    "hosts-ms": `${told}\n\n${costs}`,
  });
}
