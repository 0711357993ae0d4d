/**
 * Headers of the pages: the playground and the page of the OpenAPI document. The pages load from this service only, and
 * cannot be framed by another page.
 */
import { fastifyHelmet } from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

/** Calls `add` with a scope whose routes are pages. */
export async function addPages(
  app: FastifyInstance,
  add: (pages: FastifyInstance) => Promise<void>,
): Promise<void> {
  await app.register(async (pages) => {
    await pages.register(fastifyHelmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          // Swagger UI styles its elements in place.
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", "data:"],
          fontSrc: ["'self'", "data:"],
          connectSrc: ["'self'"],
          workerSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      frameguard: { action: "deny" },
      referrerPolicy: { policy: "no-referrer" },
      // The service speaks plain HTTP. The proxy that adds TLS sets this header for the whole host.
      strictTransportSecurity: false,
    });
    await add(pages);
  });
}
