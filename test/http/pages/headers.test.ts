/** Headers of the responses that browsers show as pages. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startApp } from "../routes/analysis-app.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

describe("pages", () => {
  test("load from this server only, and stand in no frame", async () => {
    const { headers } = await server.inject({ url: "/docs/" });
    expect(headers["content-security-policy"]).toContain("default-src 'none';script-src 'self';");
    expect(headers["x-frame-options"]).toBe("DENY");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  });

  test("are the only ones with such headers", async () => {
    const { headers } = await server.inject({ url: "/v1/samplers" });
    expect(headers["content-security-policy"]).toBeUndefined();
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });
});
