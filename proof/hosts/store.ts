/**
 * Stores the results of a run in a file from which docs/hosts.md is made. The entry of a host that did not run stays
 * unchanged. All times of a row come from one run: minimum times of different runs would compare machines, not
 * samplers.
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
    return [is_same ? { ...found, ms: latestOf(found.ms, earlier.ms) } : found];
  });
  await writeFile(PATH, `${JSON.stringify({ machine, hosts }, undefined, 1)}\n`);
}

/** The rows of this run, and those that only an earlier run has, such as the long ones. */
function latestOf(now: readonly Times[], before: readonly Times[]): Times[] {
  const key = ({ vocab_size, what }: Times) => `${vocab_size} ${what ?? ""}`;
  const merged = new Map([...before, ...now].map((times) => [key(times), times]));
  return [...merged.values()];
}
