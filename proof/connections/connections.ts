/**
 * Checks that an error on one connection ends only that connection: pipelines of every kind of request, in one segment
 * and cut at any byte, followed by upgrades or by data that is not HTTP, and clients that disconnect in the middle.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "../../evidence/seeded.ts";
import { type RunningService, startService } from "../../evidence/service.ts";
import type { Form, Proof, Report } from "../proof.ts";
import { converse, leaveAmid, statusesOf } from "./converse.ts";
import { proveEach } from "./each.ts";
import { ENDS, REQUESTS } from "./forms.ts";
import { startProxies } from "./proxies.ts";

const EXCHANGES = { short: 600, long: 10_000 };
const PROXIED = { short: 60, long: 1000 };
const AT_ONCE = 8;
/** This number of unanswered pipelines ends the proof, because each one is waited for until the timeout. */
const HUNG_MAX = AT_ONCE;
const PIPELINE_MAX = 24;
const AFTER_MS = 3000;

export const CONNECTIONS: Proof = {
  name: "connections",
  promise:
    "data that follows a request on its connection is answered in order and affects no other connection",
  run,
};

async function run({ long, seed }: Form, report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "proof-connections-"));
  const keys = join(folder, "keys");
  writeFileSync(keys, "main 0x2a\n", { mode: 0o600 });
  // Limits high enough that a busy machine refuses nothing: the expected answers are fixed.
  const service = await startService({
    WORKERS: "2",
    LOGIT_SAMPLER_QUEUE_MS: "60000",
    LOGIT_SAMPLER_QUEUE_MAX: "1024",
    LOGIT_SAMPLER_ROWS_MAX: "256",
    WATERMARK_KEYS_FILE: keys,
  });
  try {
    const workers = [...service.worker_pids];
    await exchangeAll(service, { count: 50, seed: seed + 1 });
    await sleep(AFTER_MS);
    const before = workers.map(descriptors);
    const count = EXCHANGES[long ? "long" : "short"];
    const { wrong, hung, first } = await exchangeAll(service, { count, seed });
    report.claim(`${count} pipelines are answered completely and in order`, wrong === 0, first);
    report.claim("no pipeline stays without an answer", hung === 0, `${hung}`);
    await proveEach(service.url, report);
    await sleep(AFTER_MS);
    const after = workers.map(descriptors);
    report.claim(
      "no worker has ended",
      service.worker_pids.length === workers.length && after.every((held) => held > 0),
    );
    await proveProxies(service, { count: PROXIED[long ? "long" : "short"], seed }, report);
    const left = await heldBy(service);
    report.claim(
      "no row and no byte is still held",
      left.join() === "0,0",
      `${left[0]} rows, ${left[1]} bytes`,
    );
    report.claim(
      "no descriptor has leaked",
      after.every((held, worker) => held <= (before[worker] as number)),
      `${before.join(", ")} before, ${after.join(", ")} after`,
    );
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same pipelines through the installed proxies, which answer data that is not HTTP themselves. */
async function proveProxies(service: RunningService, how: { count: number; seed: number }, report: Report) {
  for (const proxy of await startProxies(service.url)) {
    try {
      const { wrong, hung, first } = await exchangeAll(proxy, { ...how, ends: ENDS.slice(0, 1) });
      report.claim(
        `behind ${proxy.name}: ${how.count} pipelines are answered in order`,
        wrong + hung === 0,
        first,
      );
    } finally {
      await proxy.stop();
    }
  }
}

/** The rows in use and the bytes held for clients, as the service reports them. */
async function heldBy({ url }: RunningService): Promise<number[]> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: "close" } })).text();
  return ["rows_leased", "held_bytes"].map((name) =>
    Number(new RegExp(`^logit_sampler_${name} (\\d+)`, "m").exec(text)?.[1]),
  );
}

/** The number of files that a process has open; 0 when it has ended. */
function descriptors(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

async function exchangeAll(
  { url }: { readonly url: string },
  { count, seed, ends = ENDS }: { count: number; seed: number; ends?: typeof ENDS },
) {
  const random = seeded(seed);
  const found = { wrong: 0, hung: 0, first: "" };
  let left = count;
  const client = async () => {
    while (left-- > 0 && found.hung < HUNG_MAX) {
      const pieces = Array.from({ length: random.below(PIPELINE_MAX + 1) }, () => random.pick(REQUESTS));
      const end = random.pick(ends);
      const bytes = Buffer.concat([...pieces, end].map((piece) => piece.bytes));
      const cut = random.oneIn(3) ? bytes.length : random.below(bytes.length + 1);
      const leaves = random.oneIn(10);
      const expected = [...pieces, end].flatMap(({ statuses }) => statuses);
      const parts = [bytes.subarray(0, cut), bytes.subarray(cut)];
      if (leaves) {
        await leaveAmid(url, parts);
        continue;
      }
      const text = await converse(url, parts, (received) => statusesOf(received).length === expected.length);
      const got = text === undefined ? undefined : statusesOf(text);
      if (got === undefined) found.hung += 1;
      else if (got.join() !== expected.join()) {
        found.wrong += 1;
        found.first ||= `behind ${pieces.length} requests ${end.name}, cut at ${cut} of ${bytes.length}: ${got.join()}, not ${expected.join()}`;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  return found;
}
