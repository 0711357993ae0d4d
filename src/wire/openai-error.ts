/**
 * Errors in the form of OpenAI's API, `error.message`. They are sent at the paths of that API, which this service does
 * not serve.
 */
import type { Problem } from "../errors.ts";

/** A path, or a URL, of OpenAI's API that clients ask here by mistake. */
const PATHS = /^\/v1\/(?:chat\/completions|completions|responses|embeddings|models(?:\/[^?]*)?)\/?(?:\?|$)/;

export function isOpenAiPath(url: string): boolean {
  return PATHS.test(url);
}

/** The sentence is the message; the code is this service's. */
export function writeOpenAiError({ message, code, pointer, status }: Problem): string {
  const type = status < 500 ? "invalid_request_error" : "server_error";
  const param = pointer === "" ? null : pointer;
  return JSON.stringify({ error: { message, type, param, code } });
}
