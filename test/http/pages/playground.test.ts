/** The playground's route: the built page with its policy, or an explanation when it is not built. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fastify } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addPlayground } from "../../../src/http/pages/playground.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "playground-"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>page</title>");
  await writeFile(join(folder, "assets/index-abc.js"), "export const plain = 1;");
  await writeFile(join(folder, "assets/index-abc.js.gz"), Buffer.from([0x1f, 0x8b]));
  await writeFile(join(folder, "assets/model-worker-abc.js"), "export {};");
});

afterAll(() => rm(folder, { recursive: true }));

async function appWith(path: string | undefined) {
  const app = fastify();
  await addPlayground(app, path);
  return app;
}

describe("a built page", () => {
  test("is served at / and may load from this service only", async () => {
    const app = await appWith(folder);
    const reply = await app.inject({ url: "/" });
    expect(reply.statusCode).toBe(200);
    expect(reply.headers["content-type"]).toContain("text/html");
    const policy = String(reply.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain("unsafe");
  });

  test("only the model's worker may compile WebAssembly", async () => {
    const app = await appWith(folder);
    const reply = await app.inject({ url: "/assets/model-worker-abc.js" });
    expect(reply.headers["content-security-policy"]).toContain("'wasm-unsafe-eval'");
  });

  test("files with a hash in their name are kept, the page is asked for again", async () => {
    const app = await appWith(folder);
    const asset = await app.inject({ url: "/assets/index-abc.js" });
    expect(asset.headers["cache-control"]).toContain("immutable");
    expect((await app.inject({ url: "/" })).headers["cache-control"]).toBe("no-cache");
  });

  test("a gzipped twin is sent to clients that accept it", async () => {
    const app = await appWith(folder);
    const url = "/assets/index-abc.js";
    const packed = await app.inject({ url, headers: { "accept-encoding": "gzip" } });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect((await app.inject({ url })).body).toBe("export const plain = 1;");
  });

  test("nothing outside the folder and nothing that is not there", async () => {
    const app = await appWith(folder);
    for (const url of ["/../package.json", "/%2e%2e/package.json", "/assets/none.js", "/assets/"])
      expect((await app.inject({ url })).statusCode, url).toBe(404);
  });
});

test("without a built page / says how to build it", async () => {
  const app = await appWith("");
  const reply = await app.inject({ url: "/" });
  expect(reply.statusCode).toBe(404);
  expect(reply.body).toContain("npm run build");
});
