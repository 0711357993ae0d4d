/**
 * GET /: the playground, as `npm run build` writes it beside the compiled service. It is static files; the page calls the
 * public routes like any other client.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";

/** The folder of the built page: in dist, also when the sources run uncompiled. */
const FOLDERS = ["../../playground", "../../../dist/playground"];

const NOT_BUILT = "The playground is not built. Run npm run build and start the service again.\n";

/** The page may load from this service only. */
const SAME_ORIGIN_ONLY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A web worker has its own policy: only the worker of the demo model may compile WebAssembly. */
const MODEL_WORKER = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

const YEAR = "public, max-age=31536000, immutable";
const ASK_AGAIN = "no-cache";

/** `folder` holds the built page; "" when there is none. */
export async function addPlayground(app: FastifyInstance, folder = builtFolder()): Promise<void> {
  if (folder === "") {
    app.get("/", { schema: { hide: true } }, (_request, reply) =>
      reply.code(404).header("content-type", "text/plain; charset=utf-8").send(NOT_BUILT),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    // one route a file: a wildcard would answer for paths that do not exist
    wildcard: false,
    preCompressed: true,
    decorateReply: false,
    cacheControl: false,
    globIgnore: ["**/*.gz"],
    setHeaders,
  });
}

function builtFolder(): string {
  const folders = FOLDERS.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return folders.find((folder) => existsSync(`${folder}/index.html`)) ?? "";
}

function setHeaders(reply: FastifyReply, path: string): void {
  const is_worker = /\/model-worker-[^/]*\.js(?:\.gz)?$/.test(path);
  reply.header("content-security-policy", is_worker ? MODEL_WORKER : SAME_ORIGIN_ONLY);
  reply.header("cache-control", path.includes("/assets/") ? YEAR : ASK_AGAIN);
  reply.header("x-content-type-options", "nosniff");
  reply.header("referrer-policy", "no-referrer");
  reply.header("cross-origin-opener-policy", "same-origin");
}
