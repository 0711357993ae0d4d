/** An application to which tests send arbitrary bytes, and its answers. */
import type { Buffer } from "node:buffer";
import { startApp } from "./routes/analysis-app.ts";

export const JSON_TYPE = { "content-type": "application/json" };

export async function startSending() {
  const server = await startApp();
  return {
    close: () => server.close(),
    async to(method: "GET" | "POST", url: string, body: string | Buffer, headers: Record<string, string>) {
      const payload = method === "POST" ? body : "";
      const reply = await server.inject({ method, url, payload, headers });
      return {
        status: reply.statusCode,
        headers: reply.headers,
        text: reply.body,
        body: reply.json() as Record<string, unknown>,
      };
    },
  };
}
