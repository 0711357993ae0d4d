/** strings: ends a text with one of some strings, across token borders. */
import type { z } from "zod";
import { requireVocabulary } from "../history/step-text.ts";
import { byteStrings, endedString } from "../history/strings.ts";
import type { Generated, Stop } from "./stop.ts";

const options = byteStrings().describe(
  "The text ends with any of these strings. Needs a `vocabulary`. The reply's `text` ends where the string begins, and `stop_bytes` says how many bytes at the end of the whole text belong to it.",
);

export const strings: Stop<z.infer<typeof options>> = {
  name: "strings",
  finish_reason: "stop_sequence",
  summary: "The generated text contains one of the strings, and the string ends in this token.",
  source: {
    title: "OpenAI, stop",
    url: "https://platform.openai.com/docs/api-reference/chat/create",
  },
  options,
  example: ["\n\n"],
  isDue: (strings, text) => bytesOfStop(strings, text) > 0,
  bytes: bytesOfStop,
};

function bytesOfStop(strings: readonly Uint8Array[], text: Generated): number {
  const vocabulary = requireVocabulary(text, "stop.strings", "/stop/strings");
  return endedString(strings, { ...text, vocabulary })?.bytes ?? 0;
}
