/**
 * The oracle of streams: reads the frames or lines of a mutated stream plainly, and says which of its rows must not
 * be answered with a token. It follows the bytes only as far as a plain reader can.
 */
import type { Message } from "../message.ts";
import { isFields, rowLength, tensorLength } from "../oracle/logits.ts";
import { readStrictJson } from "../oracle/strict-json.ts";

const TEXT_BIT = 0x8000_0000;

/** For each row of a stream, in order, the reason why it must not be answered with a token; undefined: it may be. */
export function refusedRows({ headers = {}, body = "" }: Message): readonly (string | undefined)[] {
  const bytes = Buffer.from(body as Uint8Array); // a string is taken as UTF-8
  const is_lines = headers["content-type"]?.startsWith("application/x-ndjson") ?? false;
  return is_lines ? rowsOfLines(bytes) : rowsOfFrames(bytes);
}

function rowsOfLines(bytes: Buffer): (string | undefined)[] {
  const rows: (string | undefined)[] = [];
  let opened = false;
  let begin = 0;
  while (begin < bytes.length) {
    const feed = bytes.indexOf(0x0a, begin);
    const end = feed < 0 ? bytes.length : feed;
    const line = bytes.subarray(begin, end);
    begin = end + 1;
    if (/^[ \t\r]*$/.test(line.toString("latin1"))) continue;
    if (!opened) opened = true;
    else if (!addText(line, rows)) break;
  }
  return rows;
}

function rowsOfFrames(bytes: Buffer): (string | undefined)[] {
  const rows: (string | undefined)[] = [];
  let dtype: string | undefined;
  for (let at = 0; at + 4 <= bytes.length; ) {
    const prefix = bytes.readUInt32LE(at);
    const size = prefix >= TEXT_BIT ? prefix - TEXT_BIT : prefix;
    const content = bytes.subarray(at + 4, at + 4 + size);
    if (content.length < size) break;
    at += 4 + size;
    if (dtype === undefined) dtype = dtypeOf(content);
    else if (prefix < TEXT_BIT) rows.push(reason(tensorLength(content, dtype)));
    else if (!addText(content, rows)) break;
  }
  return rows;
}

function dtypeOf(content: Buffer): string {
  try {
    const fields = readStrictJson(content);
    const { dtype = "f32" } = isFields(fields) ? fields : {};
    return typeof dtype === "string" ? dtype : "none";
  } catch {
    return "none";
  }
}

/** Adds the row of a text message, if it has one; false when the stream must end here. */
function addText(text: Buffer, rows: (string | undefined)[]): boolean {
  let fields: unknown;
  try {
    fields = readStrictJson(text);
  } catch (error) {
    // Invalid JSON ends the stream, or is a row with invalid numbers. In both cases there is no token.
    rows.push(String(error));
    return true;
  }
  if (!isFields(fields)) return false;
  const { type = "step", logits } = fields;
  if (type === "step") rows.push(reason(rowLength(logits)));
  return type === "step" || type === "update" || type === "accept" || type === "rewind";
}

function reason(length: number | string): string | undefined {
  return typeof length === "string" ? length : undefined;
}
