/**
 * JSONSchemaBench (Geng and others, 2501.10868; the schemas and instances of MaskBench): every schema is compiled
 * unchanged, and a refused one is compiled again with `unsupported: "weaken"`. Instances are written in their original
 * text. A schema that takes longer than 20 s counts as refused.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { BenchSummary } from "../../evidence/schema-bench.ts";
import type { BenchAnswer } from "./bench-child.ts";

const GIVEN_UP_MS = 20_000;

export async function runBench(
  folder: string,
  { every, offset = 0 }: { readonly every: number; readonly offset?: number },
): Promise<readonly BenchAnswer[]> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const answers: BenchAnswer[] = [];
  let child = startChild();
  for (const [i, file] of files.sort().entries()) {
    if (i % every !== offset) continue;
    for (const weaken of [false, true]) {
      const answer = await child.ask({ file, path: join(folder, file), weaken });
      if (answer === undefined) {
        child.end();
        child = startChild();
        answers.push(givenUp(file, weaken));
      } else answers.push(answer);
      if (answer !== undefined && answer.refused === undefined) break;
    }
  }
  child.end();
  return answers;
}

function givenUp(file: string, weaken: boolean): BenchAnswer {
  return {
    file,
    weaken,
    ms: GIVEN_UP_MS,
    longest_ms: GIVEN_UP_MS,
    bytes: 0,
    refused: { code: "given_up", detail: `took longer than ${GIVEN_UP_MS / 1000} s`, pointer: "" },
    notes: [],
    invalid_taken: [],
    valid_refused: [],
    refused_in_any_order: [],
    refused_with_any: [],
    instances: 0,
  };
}

function startChild() {
  const script = fileURLToPath(new URL("./bench-child.ts", import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: Interface = createInterface({ input: child.stdout! });
  const iterator = lines[Symbol.asyncIterator]();
  return {
    async ask(asked: object): Promise<BenchAnswer | undefined> {
      child.stdin?.write(`${JSON.stringify(asked)}\n`);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), GIVEN_UP_MS * 2);
      });
      const next = await Promise.race([iterator.next(), late]);
      clearTimeout(timer);
      if (next === undefined || next.done) return undefined;
      return JSON.parse(String(next.value)) as BenchAnswer; // the child writes nothing else
    },
    end: () => void child.kill("SIGKILL"),
  };
}

export function summaryOf(answers: readonly BenchAnswer[]): BenchSummary {
  const as_sent = answers.filter(({ weaken }) => !weaken);
  const weakened = answers.filter(({ weaken }) => weaken);
  const compiled = (list: readonly BenchAnswer[]) =>
    list.filter(({ refused }) => refused === undefined).length;
  const sum = (of: (answer: BenchAnswer) => number) => as_sent.reduce((all, answer) => all + of(answer), 0);
  const ms = answers.map((answer) => answer.ms).sort((a, b) => a - b);
  const at = (share: number) => Math.round(ms[Math.floor((ms.length - 1) * share)] ?? 0);
  return {
    schemas: as_sent.length,
    compiled_as_sent: compiled(as_sent),
    compiled_or_weakened: compiled(as_sent) + compiled(weakened),
    instances: sum(({ instances }) => instances),
    invalid_taken: sum(({ invalid_taken }) => invalid_taken.length),
    valid_refused: sum(({ valid_refused }) => valid_refused.length),
    valid_refused_with_any: sum(({ refused_with_any }) => refused_with_any.length),
    valid_refused_in_any_order: sum(({ refused_in_any_order }) => refused_in_any_order.length),
    ms: { median: at(0.5), p99: at(0.99), most: at(1) },
    bytes_most: Math.max(...answers.map(({ bytes }) => bytes)),
    refused: reasonsOf(as_sent, weakened),
  };
}

/** Keywords and sentences by which refusals are counted. */
function reasonOf({ code, detail }: NonNullable<BenchAnswer["refused"]>): string {
  if (code === "given_up") return detail;
  return detail.replaceAll(/, got .*|: got .*|: ".*/gs, "").replaceAll(/"[^"]*"/g, "…");
}

function reasonsOf(
  as_sent: readonly BenchAnswer[],
  weakened: readonly BenchAnswer[],
): Readonly<Record<string, readonly [number, number]>> {
  const counts = new Map<string, [number, number]>();
  for (const [i, list] of [as_sent, weakened].entries())
    for (const { refused } of list) {
      if (refused === undefined) continue;
      const reason = reasonOf(refused);
      const count = counts.get(reason) ?? [0, 0];
      count[i === 0 ? 0 : 1]++;
      counts.set(reason, count);
    }
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b[0] + b[1] - a[0] - a[1]));
}
