/** From a request to its steps: the body is opened by its headers and read as it comes. */
import type { FastifyRequest } from "fastify";
import type { StepReader } from "../wire/step-reader.ts";
import type { Visit } from "./admission.ts";
import { type Opener, openBody } from "./open-body.ts";
import { receive } from "./receive.ts";
import type { Service } from "./service.ts";

/**
 * Reads the whole body. `written` is called after every chunk, so that steps that are ready can be taken at once.
 * The reader that comes back has seen the end of the body. Throws a Problem, or ClientGone.
 */
export async function arrive(
  opener: Opener,
  { config, wire, received }: Service,
  { raw }: FastifyRequest,
  visit: Visit,
  written: (reader: StepReader) => void = () => {},
): Promise<StepReader> {
  const open = () => {
    const query = raw.url?.split("?", 2)[1] ?? "";
    return openBody(opener, raw.headers, query, { limits: wire, lease: visit.lease });
  };
  let reader: StepReader | undefined;
  await receive(raw, { limits: config.limits, received }, (chunk) => {
    reader ??= open();
    reader.write(chunk);
    written(reader);
  });
  reader ??= open();
  reader.end();
  return reader;
}
