/**
 * Failures inside or below the built service: an uncaught exception, a worker that hangs, no descriptors, a log that
 * cannot be written.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../../evidence/free-port.ts";
import { type RunningService, startService } from "../../evidence/service.ts";
import { DEFECT_SIGNAL, WITH_DEFECTS } from "../../proof/faults/defect.ts";

const ROW = Buffer.from(new Float32Array(100).fill(-1).fill(5, 71, 72).buffer);
const STEP = `POST /v1/sample?dtype=f32&temperature=0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${ROW.length}\r\n\r\n`;
const is_linux = process.platform === "linux";

/** The service of a test; after a failed test it is ended here. */
let running: RunningService | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(...how: Parameters<typeof startService>): Promise<RunningService> {
  running = await startService(...how);
  return running;
}

interface Health {
  readonly status: string;
  readonly workers?: { readonly running: number; readonly silent: number; readonly replaced: number };
}

/** The answer of GET /healthz on a new connection; undefined when there is none. */
async function health(url: string): Promise<Health | undefined> {
  const options = { headers: { connection: "close" }, signal: AbortSignal.timeout(1000) };
  const reply = await fetch(`${url}/healthz`, options).catch(() => undefined);
  return reply?.status === 200 ? ((await reply.json()) as Health) : undefined;
}

async function untilHealth(url: string, holds: (workers: NonNullable<Health["workers"]>) => boolean) {
  for (;;) {
    const workers = (await health(url))?.workers;
    if (workers !== undefined && holds(workers)) return workers;
    await sleep(5);
  }
}

async function opened({ url }: RunningService): Promise<{ socket: Socket; got: () => string }> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1").setEncoding("latin1");
  let text = "";
  socket
    .on("error", () => undefined)
    .on("data", (chunk: string) => {
      text += chunk;
    });
  await once(socket, "connect");
  return { socket, got: () => text };
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, "close");
}

describe("a defect in a worker", () => {
  test.each([
    ["one worker", { WORKERS: "1" }],
    ["two workers", { WORKERS: "2" }],
    ["one worker and no spare", { WORKERS: "1", SPARE_WORKERS: "0" }],
  ])("refuses no request, and loses none in progress, with %s", async (_name, environment) => {
    const service = await start({ ...environment, ...WITH_DEFECTS });
    await untilHealth(service.url, ({ running }) => running === Number(environment.WORKERS));
    const under_way = await Promise.all(Array.from({ length: 8 }, () => opened(service)));
    for (const { socket } of under_way) socket.write(STEP);
    // Waits for the answer on a later connection: then the earlier connections have reached their workers.
    for (let asked = 0; asked < 4; asked++) await health(service.url);
    const [victim = 0] = service.worker_pids;
    process.kill(victim, DEFECT_SIGNAL);
    process.kill(victim, DEFECT_SIGNAL);
    let [asked, refused] = [0, 0];
    let replaced = 0;
    while (replaced === 0) {
      const told = await health(service.url);
      asked += 1;
      if (told === undefined) refused += 1;
      else replaced = told.workers?.replaced ?? 0;
      if (asked === 3) for (const { socket } of under_way) socket.write(ROW);
    }
    if (asked < 3) for (const { socket } of under_way) socket.write(ROW);
    await Promise.all(under_way.map(({ socket }) => closed(socket)));
    expect(under_way.map(({ got }) => got().slice(0, 13))).toEqual(Array(8).fill("HTTP/1.1 200 "));
    expect(refused).toBe(0);
    expect(await service.stop()).toBe(0);
  });

  test("ends it soon, whatever it cannot finish", async () => {
    const service = await start({ ...WITH_DEFECTS, LOGIT_SAMPLER_DEFECT_SHUTDOWN_MS: "300" });
    const { socket, got } = await opened(service);
    socket.write(STEP);
    await untilHealth(service.url, ({ running }) => running === 1);
    const ordered_ms = performance.now();
    process.kill(service.worker_pids[0] ?? 0, DEFECT_SIGNAL);
    await closed(socket);
    expect(got()).toBe("");
    // A body may take 30 seconds; a service that is ending would wait 10 seconds for it.
    expect(performance.now() - ordered_ms).toBeLessThan(8000);
    expect(await service.stop()).toBe(0);
  });
});

describe.runIf(is_linux)("a worker that hangs", () => {
  test("is told of, killed and replaced", async () => {
    const service = await start({ WORKERS: "2", LOGIT_SAMPLER_WORKER_SILENCE_MS: "1000" });
    await untilHealth(service.url, ({ running }) => running === 2);
    const [victim = 0] = service.worker_pids;
    process.kill(victim, "SIGSTOP");
    await untilHealth(service.url, ({ silent }) => silent === 1);
    expect(await untilHealth(service.url, ({ replaced }) => replaced === 1)).toMatchObject({ silent: 0 });
    while (isThere(victim)) await sleep(5);
    expect(await service.stop()).toBe(0);
  });

  test("takes the grammar along that it works on: for a time it is refused, and no other", async () => {
    const service = await start({ LOGIT_SAMPLER_WORKER_SILENCE_MS: "1000" });
    // Compiles for half a second, in pieces of a millisecond or two.
    const words = Array.from({ length: 40_000 }, (_, i) => `w${(i * 7919) % 1_000_003}`);
    const look = (grammar: object) =>
      fetch(`${service.url}/v1/grammar`, {
        method: "POST",
        headers: { "content-type": "application/json", connection: "close" },
        body: JSON.stringify({ grammar }),
      });
    const lost = look({ json_schema: { enum: words } }).catch(() => undefined);
    await sleep(150);
    process.kill(service.worker_pids[0] ?? 0, "SIGSTOP");
    expect(await lost).toBeUndefined();
    await untilHealth(service.url, ({ replaced }) => replaced === 1);
    const refused = await look({ json_schema: { enum: words } });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ code: "grammar_refused" });
    expect((await look({ json_schema: { enum: words.slice(1, 9) } })).status).toBe(200);
    expect(await service.stop()).toBe(0);
  });

  test("does not keep the service from ending", async () => {
    const service = await start({ WORKERS: "2", LOGIT_SAMPLER_WORKER_SILENCE_MS: "1000" });
    await untilHealth(service.url, ({ running }) => running === 2);
    process.kill(service.worker_pids[0] ?? 0, "SIGSTOP");
    expect(await service.stop()).toBe(0);
  });

  test("is left alone where that is asked for", async () => {
    const service = await start({ WORKERS: "2", LOGIT_SAMPLER_WORKER_SILENCE_MS: "0" });
    await untilHealth(service.url, ({ running }) => running === 2);
    const [victim = 0] = service.worker_pids;
    process.kill(victim, "SIGSTOP");
    await untilHealth(service.url, ({ silent }) => silent === 1);
    process.kill(victim, "SIGCONT");
    expect(await untilHealth(service.url, ({ silent }) => silent === 0)).toMatchObject({ replaced: 0 });
    expect(await service.stop()).toBe(0);
  });
});

describe.runIf(is_linux)("more connections than descriptors", () => {
  test.each([
    // A worker refuses connections above its limit; when the limit is above the descriptors, it cannot even accept
    // them.
    ["below the limit", {}, true],
    ["above the limit", { LOGIT_SAMPLER_CONNECTIONS_MAX: "4000" }, false],
  ])("pass when they are closed, connections_max being %s", async (_name, environment, are_told) => {
    const service = await start(environment, process.execPath, ["prlimit", "--nofile=200"]);
    const all: Awaited<ReturnType<typeof opened>>[] = [];
    // In groups, because the primary has no more descriptors than a worker.
    for (let group = 0; group < 20; group++) {
      const more = await Promise.all(Array.from({ length: 20 }, () => opened(service)));
      all.push(...more);
    }
    const is_told = () => all.some(({ got }) => got().startsWith("HTTP/1.1 503 "));
    while (!(are_told ? is_told() : all.some(({ socket }) => socket.closed))) await sleep(5);
    expect(is_told()).toBe(are_told);
    for (const { socket } of all) socket.destroy();
    let answered = 0;
    while (answered < 20) if ((await health(service.url)) !== undefined) answered += 1;
    // The primary's count may lag for a moment.
    const counts = await untilHealth(service.url, ({ running }) => running === 1);
    expect(counts).toMatchObject({ running: 1, replaced: 0 });
    expect(await service.stop()).toBe(0);
  });
});

describe.runIf(is_linux)("a log that cannot be written", () => {
  test.each([
    ["a full disk", "exec node dist/main.js >/dev/full"],
    ["a pipe whose reader is gone", "exec node dist/main.js > >(exec true)"],
    ["a pipe without a reader", "exec node dist/main.js > >(trap '' PIPE; exec sleep 60)"],
  ])("keeps nothing from being answered, nor the service from ending: %s", async (_name, script) => {
    const PORT = String(await freePort());
    const PATH = `${process.execPath.replace(/\/node$/, "")}:${process.env["PATH"]}`;
    const env = { ...process.env, PATH, PORT, WORKERS: "2", LOG_LEVEL: "debug" };
    const child = spawn("bash", ["-c", script], { env, stdio: ["ignore", "ignore", "inherit"] });
    const url = `http://127.0.0.1:${PORT}`;
    await untilHealth(url, ({ running }) => running === 2);
    for (let asked = 0; asked < 300; asked++) {
      const reply = await fetch(`${url}/${"x".repeat(200)}${asked}`);
      await reply.arrayBuffer();
      expect(reply.status).toBe(404);
    }
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const lost = Number(/\nlogit_sampler_log_lines_lost_total (\d+)\n/.exec(metrics)?.[1]);
    if (!script.includes("sleep")) expect(lost).toBeGreaterThanOrEqual(300);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
