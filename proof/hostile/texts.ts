/** JSON texts that are invalid or nearly valid, and invalid logits. */
import { Buffer } from "node:buffer";
import { f32, JSON_TYPE, jsonMessage, type Message } from "../message.ts";
import { type HostileCase, hostile } from "./case.ts";

const text = (body: string | Uint8Array): Message => ({ path: "/v1/sample", headers: JSON_TYPE, body });
const step = (rest: string) => text(`{"logits":[1,2,3],${rest}}`);
const nested = (depth: number, open: string, close: string) =>
  step(`"state":${open.repeat(depth)}1${close.repeat(depth)}`);

const BROKEN: Readonly<Record<string, Message>> = {
  "a byte order mark": text('\ufeff{"logits":[1,2]}'),
  "text behind the object": text('{"logits":[1,2]} x'),
  "two objects": text('{"logits":[1,2]}{"logits":[1,2]}'),
  "a comma behind the last field": step('"seed":1,'),
  "a comment": text('{"logits":[1,2]/* no */}'),
  "single quotes": text("{'logits':[1,2]}"),
  "a key without quotes": text("{logits:[1,2]}"),
  "NaN as an option": step('"temperature":NaN'),
  "-Infinity as an option": step('"temperature":-Infinity'),
  "a hexadecimal option": step('"top_k":0x10'),
  "a leading zero": step('"top_k":01'),
  "a plus sign": step('"top_k":+1'),
  "no digits before the point": step('"top_p":.5'),
  "no digits behind the point": step('"top_p":1.'),
  "a control character in a string": step('"preset":"a\u0001b"'),
  "an escape that is none": step('"preset":"\\x41"'),
  "half an escape": step('"preset":"\\u12"'),
  "bytes that are not UTF-8": text(
    Buffer.concat([Buffer.from('{"logits":[1,2],"preset":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}')]),
  ),
  "an overlong UTF-8 form": text(
    Buffer.concat([Buffer.from('{"logits":[1,2],"preset":"'), Buffer.of(0xc0, 0xaf), Buffer.from('"}')]),
  ),
  "UTF-16": text(Buffer.from('{"logits":[1,2]}', "utf16le")),
  "white space alone": text(" \n\t "),
  "a NUL byte": text('{"logits":[1,2]}\u0000'),
  "a row that never ends": text('{"logits":[1,2,3'),
  "65 levels": nested(64, "[", "]"),
  "100,000 brackets": text("[".repeat(100_000)),
  "100,000 objects": text('{"a":'.repeat(100_000)),
  "brackets crossed": text('{"logits":[1,2}]'),
  "a key twice": step('"seed":1,"seed":2'),
  "a key twice, once escaped": step('"seed":1,"\\u0073eed":2'),
  "logits twice": step('"logits":[1]'),
  "a key twice in logits": text(
    `{"logits":{"dtype":"f32","dtype":"f16","data":"${f32([1]).toString("base64")}"}}`,
  ),
};

const REFUSED: readonly (readonly [string, Message, string, string])[] = [
  ["null", text("null"), "invalid_option", ""],
  ["a list", text("[]"), "invalid_option", ""],
  ["a number", text("5"), "invalid_option", ""],
  ["a string", text('"logits"'), "invalid_option", ""],
  ["an empty object", text("{}"), "invalid_logits", "/logits"],
  ["__proto__", step('"__proto__":{"top_k":1}'), "unknown_option", "/__proto__"],
  ["__proto__, escaped", step('"__pr\\u006fto__":1'), "unknown_option", "/__proto__"],
  ["constructor", step('"constructor":{}'), "unknown_option", "/constructor"],
  ["a key that is half a surrogate pair", step('"\\ud800":1'), "unknown_option", "/\ud800"],
  ["a preset that is half a surrogate pair", step('"preset":"\\udfff"'), "unknown_preset", "/preset"],
  ["a key with a slash and a tilde", step('"a/b~c":1'), "unknown_option", "/a~1b~0c"],
  ["a number beyond float64", step('"temperature":1e400'), "invalid_option", "/temperature"],
  ["an integer of 400 digits", step(`"top_k":${"9".repeat(400)}`), "invalid_option", "/top_k"],
  ["a seed of 65 bits", step('"seed":"18446744073709551616"'), "invalid_option", "/seed"],
  ["a seed of 65 bits as a number", step('"seed":18446744073709551616'), "invalid_option", "/seed"],
  ["a seed beyond 2^53 with an exponent", step('"seed":9007199254740993e0'), "invalid_option", "/seed"],
  ["a bias for the token ''", step('"logit_bias":{"":1}'), "invalid_option", "/logit_bias/"],
  ["a bias for the token '01'", step('"logit_bias":{"01":1}'), "invalid_option", "/logit_bias/01"],
  ["a misspelt option", step('"temprature":1'), "unknown_option", "/temprature"],
  ["an option null", step('"temperature":null'), "invalid_option", "/temperature"],
  ["an unknown stage", step('"chain":[{"stage":"top_q"}]'), "unknown_stage", "/chain/0/stage"],
  [
    "65 stages",
    step(`"chain":[${Array(65).fill('{"stage":"top_k","top_k":1}').join(",")}]`),
    "limit_exceeded",
    "/chain",
  ],
  ["chain and preset", step('"chain":[],"preset":"vllm"'), "option_conflict", "/preset"],
];

/** Elements of a row that are not logits: the error must name the index of each. */
const NO_LOGITS: readonly (readonly [string, string])[] = [
  ["null", "invalid_logits"],
  ["true", "invalid_logits"],
  ['"1"', "invalid_logits"],
  ["[1]", "invalid_logits"],
  ["{}", "invalid_logits"],
  ["Infinity", "invalid_logits"],
  ["NaN", "nan_logit"],
  ["1e39", "invalid_logits"],
  ["1e400", "invalid_logits"],
];

export function hostileTexts(): HostileCase[] {
  const broken = Object.entries(BROKEN).map(([name, message]) =>
    hostile(name, message, 400, { code: "malformed_json" }),
  );
  const refused = REFUSED.map(([name, message, code, pointer]) =>
    hostile(name, message, 422, { code, pointer }),
  );
  return [
    ...broken,
    ...refused,
    ...noLogits(),
    ...cutShort(),
    hostile("no body", text(""), 400, { code: "body_missing" }),
  ];
}

function noLogits(): HostileCase[] {
  return NO_LOGITS.flatMap(([element, code]) =>
    [0, 17, 99].flatMap((index) => {
      const row = Array.from({ length: 100 }, (_, i) => (i === index ? element : "0.5")).join(",");
      const batch = jsonMessage("/v1/sample/batch", `{"rows":[{"logits":[1]},{"logits":[${row}]}]}`);
      return [
        hostile(`${element} at ${index}`, text(`{"logits":[${row}]}`), 422, {
          code,
          pointer: `/logits/${index}`,
        }),
        hostile(`${element} at ${index} of row 1`, batch, 200, { code, pointer: `/rows/1/logits/${index}` }),
      ];
    }),
  );
}

/** A valid text, truncated after every byte. */
function cutShort(): HostileCase[] {
  const whole = '{"temperature":0.5,"logits":[1.5,-2e1,3],"preset":"vllm","seed":"7"}';
  return Array.from({ length: whole.length - 1 }, (_, i) =>
    hostile(`the first ${i + 1} bytes of a step`, text(whole.slice(0, i + 1)), 400, {
      code: "malformed_json",
    }),
  );
}
