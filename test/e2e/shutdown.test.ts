/** The start, the health checks and the end of the built service. */
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import { expect, test } from "vitest";
import { startService } from "../../evidence/service.ts";

const ROW = new Float32Array(8192).fill(-1).fill(5, 4711, 4712);

test("a started service is alive and ready, and SIGTERM ends it with exit code 0", async () => {
  const service = await startService();
  const statuses = await Promise.all(["/healthz", "/readyz"].map((path) => statusOf(service.url + path)));
  expect(statuses).toEqual([200, 200]);
  expect(await service.stop()).toBe(0);
});

test("a request that was under way at SIGTERM gets its answer, and no new one is taken", async () => {
  const service = await startService();
  const body = Buffer.from(ROW.buffer);
  const outgoing = request(`${service.url}/v1/sample?dtype=f32&temperature=0`, {
    method: "POST",
    agent: new Agent(),
    headers: {
      "content-type": "application/octet-stream",
      "content-length": body.length,
      // "100 Continue" shows that the service has the request's head.
      expect: "100-continue",
    },
  });
  const answered = once(outgoing, "response");
  outgoing.flushHeaders();
  await once(outgoing, "continue");
  outgoing.write(body.subarray(0, 1000));

  const stopped = service.stop();
  while ((await statusOf(`${service.url}/readyz`)) !== "not taken");
  outgoing.end(body.subarray(1000));

  const [response] = (await answered) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  expect(await json(response)).toMatchObject({ token_id: 4711 });
  expect(await stopped).toBe(0);
});

/** The status of a GET on a new connection; "not taken" when there is no answer within a second. */
function statusOf(url: string): Promise<number | "not taken"> {
  const options = { headers: { connection: "close" }, signal: AbortSignal.timeout(1000) };
  return fetch(url, options).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => "not taken" as const,
  );
}
