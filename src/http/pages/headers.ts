/**
 * Headers of what browsers show: the playground and the page of the OpenAPI document. They load from this service
 * and nowhere else, and stand in no other page's frame.
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
      // The service speaks plain HTTP; whoever puts TLS in front of it decides that for all of the host.
      strictTransportSecurity: false,
    });
    await add(pages);
  });
}
