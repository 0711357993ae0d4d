/** Traceparent headers, as the examples of W3C Trace Context have them. */
import { expect, test } from "vitest";
import {
  newSpanId,
  newTraceId,
  readTraceparent,
  writeTraceparent,
} from "../../../src/http/observe/trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

test("a valid header is read, and written as it came", () => {
  const header = `00-${TRACE}-${SPAN}-01`;
  expect(readTraceparent(header)).toEqual({ trace_id: TRACE, parent_id: SPAN, sampled: true });
  expect(writeTraceparent(TRACE, SPAN, true)).toBe(header);
  expect(readTraceparent(`00-${TRACE}-${SPAN}-00`)?.sampled).toBe(false);
});

test("a later version may say more than this one knows", () => {
  expect(readTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`)).toBeDefined();
});

test.each([
  undefined,
  "",
  "nonsense",
  `00-${TRACE}-${SPAN}-01-more`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${"0".repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${"0".repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}`,
])("%s names no trace", (header) => {
  expect(readTraceparent(header)).toBeUndefined();
});

test("new ids are read back", () => {
  expect(readTraceparent(writeTraceparent(newTraceId(), newSpanId(), false))).toBeDefined();
});
