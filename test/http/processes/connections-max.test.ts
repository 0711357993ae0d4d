/** Connections above the limit: an idle one is closed to make room; otherwise the new one gets an error. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { capConnections } from "../../../src/http/processes/connections-max.ts";
import { type Listening, listen, until } from "../listening.ts";

const sockets: Socket[] = [];
let app: Listening;
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});

async function start(connections_max: number): Promise<void> {
  app = await listen({ connections_max });
  capConnections(app);
}

/** A connection, and all that has come over it. */
async function open(request = ""): Promise<{ socket: Socket; got: () => string }> {
  const socket = connect(Number(new URL(app.url).port), "127.0.0.1").setEncoding("latin1");
  let text = "";
  socket
    .on("error", () => undefined)
    .on("data", (chunk: string) => {
      text += chunk;
    });
  sockets.push(socket);
  await once(socket, "connect");
  socket.write(request);
  return { socket, got: () => text };
}

const HEALTH = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const SLOW = "POST /v1/sample HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\n";

async function answered(request: string): Promise<Awaited<ReturnType<typeof open>>> {
  const connection = await open(request);
  await until(() => connection.got() !== "");
  return connection;
}

const counted = () => app.service.counters.rejections.get("overloaded");

describe("with three connections at most", () => {
  test("three that do something keep the fourth out, which is told so and closed", async () => {
    await start(3);
    for (let count = 0; count < 3; count++) await answered(`${HEALTH}${SLOW}`);
    expect(counted()).toBe(0);
    const { socket, got } = await open(HEALTH);
    await once(socket, "close");
    expect(got()).toMatch(/^HTTP\/1.1 503 [\s\S]*\r\nRetry-After: 1\r\n[\s\S]*connections_max/);
    const [, body = ""] = got().split("\r\n\r\n");
    expect(JSON.parse(body)).toMatchObject({ code: "overloaded", status: 503 });
    expect(/Content-Length: (\d+)/.exec(got())?.[1]).toBe(String(body.length));
    expect(counted()).toBe(1);
  });

  test("one that waits for its next request makes room", async () => {
    await start(3);
    const idle = await answered(HEALTH);
    const closed = once(idle.socket, "close");
    for (let count = 0; count < 2; count++) await answered(`${HEALTH}${SLOW}`);
    await closed;
    expect((await answered(HEALTH)).got()).toMatch(/^HTTP\/1.1 200 /);
    expect(counted()).toBe(0);
  });

  test("one that has gone makes room", async () => {
    await start(3);
    const busy = await Promise.all([1, 2, 3].map(() => answered(`${HEALTH}${SLOW}`)));
    busy[0]?.socket.destroy();
    await until(() => app.service.admission.gate.visitors === 2);
    expect((await answered(HEALTH)).got()).toMatch(/^HTTP\/1.1 200 /);
  });

  test("one whose offer of another protocol is ignored counts once", async () => {
    await start(2);
    const offer = "GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n";
    expect((await answered(offer)).got()).toMatch(/^HTTP\/1.1 200 /);
    expect((await answered(HEALTH)).got()).toMatch(/^HTTP\/1.1 200 /);
    expect(counted()).toBe(0);
  });
});

test("hundreds at once are all refused, answered or not, and nothing is kept of them", async () => {
  await start(1);
  await answered(`${HEALTH}${SLOW}`);
  const refused = await Promise.all(Array.from({ length: 200 }, () => open(HEALTH)));
  await Promise.all(refused.map(({ socket }) => (socket.closed ? undefined : once(socket, "close"))));
  for (const { got } of refused) expect(got()).toMatch(/^$|^HTTP\/1.1 503 /);
  expect(refused.filter(({ got }) => got() !== "").length).toBeGreaterThanOrEqual(32);
  expect(counted()).toBe(200);
});
