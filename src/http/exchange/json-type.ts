/** The media type of JSON under /v2. KServe's client reads an answer as JSON only if its type is exactly this. */
import type { FastifyInstance } from "fastify";

export const V2_JSON_TYPE = "application/json";

/** Whether a path or a URL belongs to the protocol. */
export function isV2(url: string): boolean {
  return /^\/v2(?:[/?]|$)/.test(url);
}

/** Removes the charset that Fastify adds to all JSON from answers under /v2, including refusals of unknown paths. */
export function useJsonType(app: FastifyInstance): void {
  app.addHook("onSend", (request, reply, payload, done) => {
    const type = isV2(request.url) ? reply.getHeader("content-type") : undefined;
    if (typeof type === "string" && type.startsWith(`${V2_JSON_TYPE};`))
      reply.header("content-type", V2_JSON_TYPE);
    done(null, payload);
  });
}
