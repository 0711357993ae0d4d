/** Documents that the service creates once and serves many times: the OpenAPI document and its page. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type Server, startApp } from "../routes/analysis-app.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp();
  await server.ready();
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => server.close());

const MADE = [
  ["/openapi.json", "application/json; charset=utf-8"],
  ["/docs/", "text/html; charset=utf-8"],
  ["/docs/page.css", "text/css; charset=utf-8"],
  ["/docs/page.js", "text/javascript; charset=utf-8"],
] as const;

describe.each(MADE)("%s", (url, type) => {
  test("comes with its type and a tag", async () => {
    const { statusCode, headers } = await server.inject({ url });
    expect([statusCode, headers["content-type"], headers["cache-control"]]).toEqual([200, type, "no-cache"]);
    expect(headers["etag"]).toMatch(/^"[\w-]{22}"$/);
  });

  test("is not sent again to who has it", async () => {
    const { headers } = await server.inject({ url });
    const tag = String(headers["etag"]);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const again = await server.inject({ url, headers: { "if-none-match": known } });
      expect([known, again.statusCode, again.payload, again.headers["etag"]]).toEqual([known, 304, "", tag]);
    }
    const other = await server.inject({ url, headers: { "if-none-match": '"other"' } });
    expect(other.statusCode).toBe(200);
  });

  test("HEAD tells its length", async () => {
    const { rawPayload } = await server.inject({ url });
    const { statusCode, headers, payload } = await server.inject({ method: "HEAD", url });
    expect([statusCode, Number(headers["content-length"]), payload]).toEqual([200, rawPayload.length, ""]);
  });
});

test("a request makes nothing: neither the document nor its text", async () => {
  const swagger = vi.spyOn(server, "swagger");
  const stringify = vi.spyOn(JSON, "stringify");
  for (const [url] of MADE) for (let n = 0; n < 3; n++) await server.inject({ url });
  expect(swagger).not.toHaveBeenCalled();
  const texts = stringify.mock.calls.filter(
    ([value]) => typeof value === "object" && value !== null && "openapi" in value,
  );
  expect(texts).toEqual([]);
});

test("the document is what the routes say, without what is switched off", async () => {
  const { paths } = (await server.inject({ url: "/openapi.json" })).json();
  expect(Object.keys(paths)).toContain("/v1/sample");
  expect(Object.keys(paths).filter((path) => path.includes("sharedmemory"))).toEqual([]);
  const shared = await startApp({ SHARED_MEMORY: "on" });
  expect((await shared.inject({ url: "/openapi.json" })).payload).toContain("/v2/systemsharedmemory/status");
  await shared.close();
});

test("/docs leads to the page; of Swagger UI's files only its own two are served, and no copy of the document", async () => {
  const { statusCode, headers } = await server.inject({ url: "/docs" });
  expect([statusCode, headers["location"]]).toEqual([308, "docs/"]);
  const statuses = await Promise.all(
    [
      "swagger-ui/swagger-ui-bundle.js",
      "swagger-ui/swagger-ui.css",
      "swagger-ui/index.html",
      "json",
      "yaml",
    ].map(async (file) => [file, (await server.inject({ url: `/docs/${file}` })).statusCode]),
  );
  expect(statuses.map(([, status]) => status)).toEqual([200, 200, 404, 404, 404]);
});
