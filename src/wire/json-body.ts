/** Opens JSON bodies without rows of logits: the text is kept until the end and parsed as one value. */
import { Problem } from "../errors.ts";
import { TextBuffer } from "./growing-buffer.ts";
import { jsonValue } from "./json/text.ts";
import type { BodyReader, WireContext } from "./step-reader.ts";

export interface JsonBody extends BodyReader {
  /** the parsed fields, at the end of the body */
  readonly value: unknown;
}

export function openJsonBody({ limits, lease }: WireContext): JsonBody {
  const bytes_max = limits.json_text_bytes_max;
  const text = new TextBuffer(
    bytes_max,
    `the body may have at most ${bytes_max} bytes (json_text_bytes_max), got more`,
  );
  let value: unknown;
  return {
    get value() {
      return value;
    },
    write(chunk) {
      // The lease bounds how many bodies are kept at once.
      lease();
      text.append(chunk);
    },
    end() {
      value = jsonValue(text.whole());
    },
  };
}

/** The error for bodies that are not JSON. */
export function refuseTensor(): never {
  throw new Problem(
    "unsupported_media_type",
    "the body must be application/json: there are no logits in it, got a tensor",
  );
}
