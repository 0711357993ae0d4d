/** Registers shared memory, as in Triton's system shared memory extension. When it is off, every route says so. */
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { Problem } from "../../../errors.ts";
import { parseWith } from "../../../sampling/options/parse.ts";
import {
  REGION_ROUTE,
  REGIONS_ROUTE,
  REGISTER_ROUTE,
  UNREGISTER_ALL_ROUTE,
  UNREGISTER_ONE_ROUTE,
} from "../../../schemas/openapi/v2-routes.ts";
import { REGION_REQUEST } from "../../../schemas/v2.ts";
import { type Region, SHARED_MEMORY_IS_OFF } from "../../../wire/shared-memory.ts";
import { requestText, requestValue } from "../../../wire/v2/request-text.ts";
import { BodyReading } from "../../exchange/read-body.ts";
import type { Service } from "../../exchange/service.ts";
import type { SharedRegions } from "./shared-regions.ts";

const PATH = "/v2/systemsharedmemory";
const BODY_BYTES_MAX = 65_536;

interface Named {
  Params: { name: string };
}

export function addRegions(app: FastifyInstance, service: Service, regions: SharedRegions | undefined): void {
  const shared = (): SharedRegions => {
    if (regions !== undefined) return regions;
    throw new Problem("not_found", SHARED_MEMORY_IS_OFF);
  };
  // The document of a running service describes what is switched on; the file in the repository describes everything.
  const schema = <Route extends object>(route: Route) => ({ ...route, hide: regions === undefined });
  app.post<Named>(
    `${PATH}/region/:name/register`,
    { schema: schema(REGISTER_ROUTE) },
    async ({ params, raw }, reply) => {
      const all = shared();
      const body = await readJson(service, raw);
      await all.register(params.name, parseWith(REGION_REQUEST, body, ""));
      return reply.send();
    },
  );
  app.get(`${PATH}/status`, { schema: schema(REGIONS_ROUTE) }, () => shared().memory.regions.map(statusOf));
  app.get<Named>(`${PATH}/region/:name/status`, { schema: schema(REGION_ROUTE) }, ({ params }) => [
    statusOf(shared().memory.region(params.name)),
  ]);
  app.post<Named>(
    `${PATH}/region/:name/unregister`,
    { schema: schema(UNREGISTER_ONE_ROUTE) },
    async ({ params, raw }, reply) => {
      requireNoBody(raw);
      await shared().unregister(params.name);
      return reply.send();
    },
  );
  app.post(`${PATH}/unregister`, { schema: schema(UNREGISTER_ALL_ROUTE) }, async ({ raw }, reply) => {
    requireNoBody(raw);
    await shared().unregister();
    return reply.send();
  });
}

function statusOf({ name, key, offset, byte_size }: Region) {
  return { name, key, offset, byte_size };
}

function readJson(service: Service, raw: IncomingMessage): Promise<unknown> {
  const ticket = service.admission.enter();
  const text = requestText(BODY_BYTES_MAX);
  const reader = { write: (chunk: Uint8Array) => text.append(chunk), end: () => undefined };
  const read = new Promise((resolve, fail) => {
    const whole = () => resolve(requestValue(text.whole()));
    new BodyReading(service, raw, ticket, { open: () => reader, whole }, fail);
  });
  return read.finally(() => ticket.leave());
}

function requireNoBody({ headers }: IncomingMessage): void {
  const length = headers["content-length"] ?? "0";
  if (length === "0" && headers["transfer-encoding"] === undefined) return;
  throw new Problem("invalid_option", "unregistering takes no body, got one");
}
