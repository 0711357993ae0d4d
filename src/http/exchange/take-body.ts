/** Runs work on the rows of an exchange's body as they become ready. */
import type { BodyReader } from "../../wire/step-reader.ts";
import type { Exchange } from "./exchange.ts";
import { type Opener, openBody } from "./open-body.ts";
import { Intake, type Work } from "./turns.ts";

/** Work that takes the rows that a reader of a body makes ready. */
export interface BodyWork<Reader extends BodyReader> extends Work {
  /** of the body, once its first bytes are there */
  reader: Reader | undefined;
}

export function takeBody<Reader extends BodyReader>(
  exchange: Exchange,
  opener: Opener<Reader>,
  work: BodyWork<Reader>,
): void {
  const reading = exchange.read({
    in_place: true,
    open(first) {
      const reader = openBody(opener, exchange.raw, exchange.context, first);
      work.reader = reader;
      return reader;
    },
    // The remaining part of the chunk is copied, because the chunk's memory is reused afterwards.
    wrote(reader) {
      if (!intake.wrote()) reader.keep?.();
    },
    whole: () => intake.end(),
  });
  const intake = new Intake(exchange, reading, work);
}
