/**
 * Checks that memory stays within its bound whatever clients make the service hold, and is freed when they are gone.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningService, startService } from "../../evidence/service.ts";
import { Connection } from "../connection.ts";
import { residentMiB } from "../memory.ts";
import { encode, f32 } from "../message.ts";
import type { Form, Proof, Report } from "../proof.ts";
import { hold, WAYS, type Way } from "./ways.ts";

/**
 * The short form shares its machine with the other CI steps and waits less long. It is the alarm; the long form is the
 * proof.
 */
const RESIDENT_MIB_MAX = { short: 640, long: 512 };
const AFTERWARDS_MAX = { short: 1.5, long: 1.2 };
const HELD_MS = { short: 2000, long: 12_000 };
/** How much longer a test waits when no other client has been answered yet: a busy machine may be the reason. */
const PATIENCE_MS = 8000;
const BACK_MS = { short: 12_000, long: 30_000 };
/** The pause between the clients of one test and those of the next. */
const BETWEEN_MS = 2500;
const PROBE = encode({ path: "/v1/sample?dtype=f32&temperature=0", body: f32([1, 3, 2]) });

export const HOLDING: Proof = {
  name: "memory",
  promise: `whatever clients make a worker hold, it stays under ${RESIDENT_MIB_MAX.long} MiB, answers other clients, and frees the memory`,
  run,
};

async function run(form: Form, report: Report): Promise<void> {
  const size = form.long ? "long" : "short";
  const resident_mib_max = RESIDENT_MIB_MAX[size];
  const service = await startService({ WORKERS: "2" });
  try {
    // Fills code and caches first: they are not memory held by clients.
    for (const way of WAYS) await holdFor(service, { ...way, connections: 1 }, 200);
    await sleep(BACK_MS[size]);
    const before_mib = worstMiB(service);
    for (const way of WAYS) {
      await sleep(BETWEEN_MS);
      const { peak_mib, answered } = await holdFor(service, way, HELD_MS[size]);
      report.claim(
        `${way.name}: a worker stays under ${resident_mib_max} MiB`,
        peak_mib <= resident_mib_max,
        `${peak_mib.toFixed(0)} MiB`,
      );
      report.claim(`${way.name}: other clients are answered`, answered > 0, `${answered}`);
    }
    await provesReturn(service, { before_mib, ms: BACK_MS[size], factor: AFTERWARDS_MAX[size] }, report);
    if (form.long) await proveAllTogether(service, before_mib, report);
    report.claim("no worker has ended", service.worker_pids.length === 2);
  } finally {
    await service.stop();
  }
}

async function proveAllTogether(service: RunningService, before_mib: number, report: Report): Promise<void> {
  const all = await Promise.all(WAYS.map((way) => holdFor(service, way, HELD_MS.long)));
  const peak_mib = Math.max(...all.map((each) => each.peak_mib));
  report.claim(
    `all together: a worker stays under ${RESIDENT_MIB_MAX.long} MiB`,
    peak_mib <= RESIDENT_MIB_MAX.long,
    `${peak_mib.toFixed(0)} MiB`,
  );
  report.claim(
    "all together: other clients are answered",
    all.every(({ answered }) => answered > 0),
  );
  await provesReturn(service, { before_mib, ms: BACK_MS.long, factor: AFTERWARDS_MAX.long }, report);
}

async function provesReturn(
  service: RunningService,
  { before_mib, ms, factor }: { before_mib: number; ms: number; factor: number },
  report: Report,
) {
  await sleep(ms);
  const after_mib = worstMiB(service);
  report.claim(
    `${ms / 1000} s later the largest worker has at most ${factor} times its memory of before`,
    after_mib <= factor * before_mib,
    `${after_mib.toFixed(0)} MiB, ${before_mib.toFixed(0)} before`,
  );
}

/** Resident memory of the largest worker. */
function worstMiB({ worker_pids }: RunningService): number {
  return Math.max(...worker_pids.map((pid) => residentMiB([pid])));
}

/**
 * Holds the connections of one attack for this time. Returns the largest memory of a worker, and the number of answered
 * requests of another client.
 */
async function holdFor(
  service: RunningService,
  way: Way,
  ms: number,
): Promise<{ peak_mib: number; answered: number }> {
  const sockets = await hold(service.url, way);
  let peak_mib = 0;
  let answered = 0;
  const until_ms = performance.now() + ms;
  const client = new Connection(service.url);
  const isOver = () => performance.now() > (answered > 0 ? until_ms : until_ms + PATIENCE_MS);
  while (!isOver()) {
    peak_mib = Math.max(peak_mib, worstMiB(service));
    const reply = await client.exchange(PROBE);
    if (reply.status === 200) answered += 1;
    await sleep(20);
  }
  client.close();
  for (const socket of sockets) socket.destroy();
  return { peak_mib, answered };
}
