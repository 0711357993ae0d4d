/** JSON bodies for the machine of rows-body.ts: the whole text is the head, and the numbers of its rows are kept. */
import { assert, Problem, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { type EnvelopeTargets, JsonEnvelope } from "./json/envelope.ts";
import type { Places } from "./json/nesting.ts";
import { jsonValue } from "./json/text.ts";
import type { WireLimits } from "./limits.ts";
import type { BodyHead, RowSource } from "./row-source.ts";

type Fields = Readonly<Record<string, unknown>>;

const NOTHING = new Uint8Array(0);

/** Reads a JSON text. `kept` has the numbers that the scanners stored. */
export class JsonHead<Kept> implements BodyHead {
  readonly complete = false;
  readonly parks = true;
  readonly kept: Kept;
  readonly #envelope: JsonEnvelope;

  constructor(places: Places, limits: WireLimits, kept: Kept, targets: EnvelopeTargets) {
    this.kept = kept;
    this.#envelope = new JsonEnvelope(places, limits, targets);
  }

  write(chunk: Uint8Array): Uint8Array {
    this.#envelope.write(chunk);
    return NOTHING;
  }

  /** The text without its rows, at the end of the body. It may still be invalid JSON. */
  get text(): string {
    return this.#envelope.endText();
  }

  /** The fields without the rows, at the end of the body. Throws when it is no JSON object. */
  get fields(): Fields {
    return this.fieldsOf(this.text);
  }

  /** The same of the text, where that was asked for. */
  fieldsOf(text: string): Fields {
    return this.#envelope.restored(fieldsOf(text));
  }
}

/** The fields of a text. Throws when it is no JSON object. */
export function fieldsOf(text: string): Fields {
  const value = jsonValue(text);
  if (isRecord(value)) return value;
  throw new Problem("invalid_option", `the body must be a JSON object, got ${show(value)}`);
}

/** The rows of a JSON text, taken one step after the other. */
export class KeptRows<Kept> implements RowSource {
  readonly form = "json";
  readonly kept: Kept;
  #left: number;

  constructor(kept: Kept, steps: number) {
    this.kept = kept;
    this.#left = steps;
  }

  write(bytes: Uint8Array): void {
    assert(bytes.length === 0, "the head of a JSON body takes all of it");
  }

  end(): void {}

  next(): boolean {
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}
