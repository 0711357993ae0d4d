/** Measured figures as files: bench/results/NAME.json, from which the README's tables and plots are made. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

/** Where and when figures were measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  /** 2026-11-24 */
  readonly date: string;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown CPU",
    cores: cpus().length,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
  };
}

export function machineText({ cpu, cores, node, date }: Machine): string {
  return `${cpu}, ${cores} cores, Node ${node}, ${date}`;
}

const FOLDER = new URL("../bench/results/", import.meta.url);

/** Undefined when no file was written yet. The caller that wrote the file knows its shape. */
export function readResults<Results>(name: string): Results | undefined {
  const path = new URL(`${name}.json`, FOLDER);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Results) : undefined;
}

export function writeResults(name: string, results: object): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL(`${name}.json`, FOLDER), `${JSON.stringify(results, undefined, 1)}\n`);
  console.log(`\nwrote bench/results/${name}.json; \`npm run build:docs\` makes tables and plots of it`);
}
