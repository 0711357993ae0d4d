/** A real engine with an injected fault: a proxy changes the requests, and the engine answers them normally. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Faulty {
  readonly url: string;
  stop(): Promise<void>;
}

type Body = Readonly<Record<string, unknown>>;

/** `change` is called for every step that the engine draws itself. */
export async function faulty(engine: string, change: (body: Body) => Body): Promise<Faulty> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const body = text === "" ? undefined : changed(text, change);
    const answer = await fetch(engine + request.url, {
      method: request.method ?? "GET",
      ...(body !== undefined && { body, headers: { "content-type": "application/json" } }),
    });
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Only requests with a seed use the engine's own sampler. */
function changed(text: string, change: (body: Body) => Body): string {
  const body = JSON.parse(text) as Body; // the audit's own
  return JSON.stringify(body["seed"] === undefined ? body : change(body));
}
