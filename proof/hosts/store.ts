/**
 * What was run, as a file from which docs/hosts.md is made. A host that was not run this time stays as it was; times of the
 * same version on the same machine are the least of all runs, since what else a machine does only ever adds.
 */
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Machine, thisMachine } from "../../evidence/results.ts";
import type { Result, Times } from "./host.ts";
import { HOSTS } from "./hosts.ts";

interface Stored {
  readonly machine: Machine;
  readonly hosts: readonly Result[];
}

const PATH = fileURLToPath(new URL("results.json", import.meta.url));

export async function store(results: readonly Result[]): Promise<void> {
  const machine = thisMachine();
  const before: Stored | undefined = existsSync(PATH)
    ? (JSON.parse(readFileSync(PATH, "utf8")) as Stored) // as it was stored
    : undefined;
  const is_same_machine = before !== undefined && before.machine.cpu === machine.cpu;
  const hosts = HOSTS.flatMap(({ name }) => {
    const found = results.find((result) => result.name === name);
    const earlier = before?.hosts.find((result) => result.name === name);
    if (found === undefined) return earlier === undefined ? [] : [earlier];
    const is_same = is_same_machine && earlier?.version === found.version;
    return [is_same ? { ...found, ms: leastOf(found.ms, earlier.ms) } : found];
  });
  await writeFile(PATH, `${JSON.stringify({ machine, hosts }, undefined, 1)}\n`);
}

/** Times by what they are of: those of now, with the least of both. A time that only an earlier run has stays. */
function leastOf(now: readonly Times[], before: readonly Times[]): Times[] {
  const key = ({ vocab_size, what }: Times) => `${vocab_size} ${what ?? ""}`;
  const merged = new Map(before.map((times) => [key(times), times]));
  for (const times of now) {
    const earlier = merged.get(key(times)) ?? times;
    const local = leastOfTwo(times.local, earlier.local);
    const least = { own: Math.min(times.own, earlier.own), ours: Math.min(times.ours, earlier.ours) };
    merged.set(key(times), { ...times, ...least, ...(local !== undefined && { local }) });
  }
  return [...merged.values()];
}

function leastOfTwo(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
