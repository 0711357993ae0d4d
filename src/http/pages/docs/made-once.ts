/** GET routes of constant content: its bytes are made once at the start, and have an ETag. */
import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";

export interface Made {
  readonly type: string;
  /** makes the content; called once, when all routes are known */
  make(): string;
}

export function addMadeOnce(app: FastifyInstance, url: string, { type, make }: Made): void {
  let bytes = Buffer.alloc(0);
  let tag = "";
  app.addHook("onReady", (done) => {
    bytes = Buffer.from(make());
    tag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
    done();
  });
  app.get(url, { schema: { hide: true } }, (request, reply) => {
    reply.header("etag", tag).header("cache-control", "no-cache");
    if (isKnown(request.headers["if-none-match"], tag)) return reply.code(304).send();
    return reply.header("content-type", type).send(bytes);
  });
}

/** Whether the client already has the content (RFC 9110, 13.1.2): tags are compared weakly. */
function isKnown(header: string | undefined, tag: string): boolean {
  const tags = (header ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
  return tags.includes(tag) || tags.includes("*");
}
