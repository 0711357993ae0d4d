/** From a request to its steps: the body is opened by its headers and read as it comes. */
import type { FastifyRequest } from "fastify";
import type { BodyReader } from "../wire/step-reader.ts";
import type { Visit } from "./admission.ts";
import { type Opener, openBody } from "./open-body.ts";
import { receive } from "./receive.ts";
import type { Service } from "./service.ts";

/**
 * Reads the whole body. `written` is called after every chunk, so that steps that are ready can be taken at once.
 * The reader that comes back has seen the end of the body. Throws a Problem, or ClientGone.
 */
export async function arrive<Reader extends BodyReader>(
  opener: Opener<Reader>,
  { config, wire, deadlines, received }: Service,
  { raw }: FastifyRequest,
  visit: Visit,
  written: (reader: Reader) => void = () => {},
): Promise<Reader> {
  const open = () => {
    const query = raw.url?.split("?", 2)[1] ?? "";
    return openBody(opener, raw.headers, query, { limits: wire, lease: visit.lease });
  };
  let reader: Reader | undefined;
  await receive(raw, { limits: config.limits, deadlines, received }, (chunk) => {
    reader ??= open();
    reader.write(chunk);
    written(reader);
  });
  reader ??= open();
  reader.end();
  return reader;
}
