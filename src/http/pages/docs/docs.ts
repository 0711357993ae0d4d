/**
 * GET /openapi.json, and /docs/, the page that shows it: Swagger UI's own files, in a page of this service. The
 * package's plugin would write the document again for each request.
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { addMadeOnce } from "./made-once.ts";
import { PAGE } from "./page.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

const SWAGGER_UI = dirname(
  createRequire(import.meta.url).resolve("@fastify/swagger-ui/static/swagger-ui-bundle.js"),
);
const SERVED = ["swagger-ui-bundle.js", "swagger-ui.css"];

export async function addDocs(app: FastifyInstance): Promise<void> {
  addMadeOnce(app, "/openapi.json", {
    type: "application/json; charset=utf-8",
    make: () => JSON.stringify(app.swagger()),
  });
  // The page loads relative paths, so that it works below any path of a proxy.
  app.get("/docs", { schema: { hide: true } }, (_request, reply) => reply.redirect("docs/", 308));
  addMadeOnce(app, "/docs/", { type: "text/html; charset=utf-8", make: () => PAGE });
  addMadeOnce(app, "/docs/page.css", { type: "text/css; charset=utf-8", make: () => STYLE });
  addMadeOnce(app, "/docs/page.js", { type: "text/javascript; charset=utf-8", make: () => SCRIPT });
  await app.register(fastifyStatic, {
    root: SWAGGER_UI,
    prefix: "/docs/swagger-ui/",
    decorateReply: false,
    wildcard: false,
    globIgnore: [`!(${SERVED.join("|")})`],
  });
}
