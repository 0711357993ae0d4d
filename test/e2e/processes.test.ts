/** Tests that need several processes: one is killed, all are told to end, and their counts are summed. */
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type RunningService, startService } from "../../evidence/service.ts";

const ROW = Buffer.from(new Float32Array(2048).fill(-1).fill(5, 711, 712).buffer);

/** The status of one step over a connection of this agent; 0 when the connection broke. */
async function step(url: string, agent: Agent): Promise<number> {
  const headers = { "content-length": ROW.length };
  const outgoing = request(`${url}/v1/sample?dtype=f32&temperature=0`, { method: "POST", agent, headers });
  outgoing.end(ROW);
  try {
    const [response] = await once(outgoing, "response");
    const answer = await text(response);
    if (response.statusCode === 200) expect(answer).toContain('"token_id":711');
    return response.statusCode;
  } catch {
    return 0;
  }
}

async function metric(url: string, line: string): Promise<number> {
  const reply = await fetch(`${url}/metrics`, { headers: { connection: "close" } });
  const found = (await reply.text()).split("\n").find((each) => each.startsWith(`${line} `));
  return Number(found?.slice(line.length));
}

async function untilMetric(url: string, line: string, value: number): Promise<void> {
  // The killed worker may also be in the middle of a scrape.
  while ((await metric(url, line).catch(() => undefined)) !== value) await sleep(20);
}

test("a worker that is killed under load takes only its own requests along, and one that stands by replaces it", async () => {
  const service = await startService({ WORKERS: "2" });
  const [victim] = service.worker_pids;
  if (victim === undefined) throw new Error("a service has workers");
  let running = true;
  const failures: number[] = [];
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let failed = 0;
    let answered = 0;
    while (running || answered === 0) {
      const status = await step(service.url, agent);
      if (status === 200) answered += 1;
      else failed += 1;
    }
    failures.push(failed);
    agent.destroy();
  };
  const clients = Array.from({ length: 8 }, client);
  // Loaded as a spare: a third process that is not in any sum yet.
  await untilMetric(service.url, "logit_sampler_workers", 2);
  process.kill(victim, "SIGKILL");
  await untilMetric(service.url, "logit_sampler_worker_replacements_total", 1);
  await untilMetric(service.url, "logit_sampler_workers", 2);
  running = false;
  await Promise.all(clients);
  // A connection loses the one request in progress. The next request may still reach the same worker, before the
  // primary knows of its death.
  expect(Math.max(...failures)).toBeLessThanOrEqual(2);
  expect(failures.length).toBe(8);
  expect(await service.stop()).toBe(0);
});

test("no connection that was on its way to a worker when it died is left hanging", async () => {
  const service = await startService({ SPARE_WORKERS: "0" });
  const [victim] = service.worker_pids;
  if (victim === undefined) throw new Error("a service has workers");
  // A stopped worker can neither take the connection nor report that it has it.
  process.kill(victim, "SIGSTOP");
  const sockets = await Promise.all(Array.from({ length: 20 }, () => opened(service)));
  const answers = sockets.map((socket) => untilClosed(socket));
  for (const socket of sockets) socket.write(HEALTH);
  process.kill(victim, "SIGKILL");
  // The next worker serves the requests that were not sent yet.
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^$|^HTTP\/1.1 200 /);
  expect(await service.stop()).toBe(0);
});

test("a scrape tells the sum over the workers, whichever answers it", async () => {
  const service = await startService({ WORKERS: "2" });
  const agents = Array.from({ length: 6 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  await Promise.all(agents.map((agent) => step(service.url, agent)));
  const line = 'logit_sampler_http_requests_total{method="POST",route="/v1/sample",status="200"}';
  for (let scrape = 0; scrape < 4; scrape++) {
    expect(await metric(service.url, line)).toBe(6);
    expect(await metric(service.url, 'logit_sampler_tokens_total{transport="unary"}')).toBe(6);
    expect(await metric(service.url, 'logit_sampler_received_bytes_total{form="f32"}')).toBe(6 * ROW.length);
    expect(await metric(service.url, "logit_sampler_workers")).toBe(2);
    // The spare has rows as well, but they do not count until it serves.
    expect(await metric(service.url, "logit_sampler_rows_limit")).toBe(2 * 32);
  }
  for (const agent of agents) agent.destroy();
  expect(await service.stop()).toBe(0);
});

test.each(["1", "2"])("with %s workers, all that was sent before SIGTERM is answered", async (WORKERS) => {
  const service = await startService({ WORKERS });
  const sockets = await Promise.all(Array.from({ length: 60 }, () => opened(service)));
  const answers = sockets.map((socket) => untilClosed(socket));
  for (const socket of sockets) socket.write(HEALTH);
  const stopped = service.stop();
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1.1 200 /);
  expect(await stopped).toBe(0);
});

test.each(["1", "2"])(
  "with %s workers, no connection that comes during the end is left hanging",
  async (WORKERS) => {
    const service = await startService({ WORKERS });
    // A body that is still arriving keeps the process alive well beyond the moment when it stops listening.
    const slow = await opened(service);
    const answered = untilClosed(slow);
    slow.write(
      `POST /v1/sample?dtype=f32&temperature=0 HTTP/1.1\r\nHost: x\r\nContent-Length: ${ROW.length}\r\n\r\n`,
    );
    slow.write(ROW.subarray(0, 100));
    let refused = 0;
    const visitor = async () => {
      while (refused < 50) {
        const socket = connect(Number(new URL(service.url).port), "127.0.0.1").on("error", () => undefined);
        socket.write(HEALTH);
        const answer = await untilClosed(socket);
        // Answered completely, or refused with an error.
        if (answer === "") refused += 1;
        else expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*"ok".*\}$/);
      }
    };
    const visitors = Array.from({ length: 16 }, visitor);
    const stopped = service.stop();
    await Promise.all(visitors);
    slow.write(ROW.subarray(100));
    expect(await answered).toMatch(/^HTTP\/1.1 200 /);
    expect(await stopped).toBe(0);
  },
);

test("where every process is told to end, as a service manager does, it ends as well as when one is", async () => {
  const service = await startService({ WORKERS: "2" });
  for (const pid of service.worker_pids) process.kill(pid, "SIGTERM");
  expect(await service.stop()).toBe(0);
});

test("while it drains it says that it is not ready, and still answers", async () => {
  const service = await startService({ LOGIT_SAMPLER_DRAIN_MS: "600000", LOGIT_SAMPLER_SHUTDOWN_MS: "1000" });
  const agent = new Agent();
  const ready = () => fetch(`${service.url}/readyz`, { headers: { connection: "close" } });
  expect((await ready()).status).toBe(200);
  void service.stop();
  let reply = await ready();
  while (reply.status === 200) reply = await ready();
  expect([reply.status, await reply.json()]).toEqual([503, { status: "draining" }]);
  expect(await step(service.url, agent)).toBe(200);
  // A second signal asks for the end at once.
  await service.stop();
});

const HEALTH = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

async function opened({ url }: RunningService): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** Everything that arrives until the connection ends, on either side and for any reason. */
async function untilClosed(socket: Socket): Promise<string> {
  let answer = "";
  socket.setEncoding("latin1").on("error", () => undefined);
  socket.on("data", (chunk: string) => {
    answer += chunk;
  });
  if (!socket.closed) await new Promise((resolve) => socket.on("close", resolve));
  return answer;
}
