/** Every option with every kind of wrong value; the oracle says which of them must be refused, and each refusal must point at the option. */
import { HOSTILE_VALUES } from "../fuzz/mutate-json.ts";
import { BYTES_TYPE, encode, f32, jsonMessage, type Message } from "../message.ts";
import { fieldsOf, SCHEMAS, STAGE_NAMES } from "../oracle/contract.ts";
import { judge } from "../oracle/judge.ts";
import type { HostileCase } from "./case.ts";

const ROW = [1.5, -0.25, 3, 0.5, -2, 2.5];
const HISTORY = [1, 2, 3, 1, 2];

export function hostileFields(): HostileCase[] {
  return [...inShortForm(), ...inQuery(), ...inChains()];
}

function inShortForm(): HostileCase[] {
  return fieldsOf("OptionsAlone").flatMap((name) =>
    HOSTILE_VALUES.map((value) => {
      const body = { logits: ROW, history: HISTORY, [name]: value };
      return judged(`${name}: ${JSON.stringify(value)}`, jsonMessage("/v1/sample", body), `/${name}`);
    }),
  );
}

function inQuery(): HostileCase[] {
  const texts = [
    "",
    "null",
    "NaN",
    "[",
    "{}",
    "[[1]]",
    "-1e9",
    "1e999",
    "true",
    "x",
    "1.5",
    "1,,2",
    "%00",
    "%F0%9F%98%80",
  ];
  return fieldsOf("StepHeader").flatMap((name) =>
    texts.map((text) => {
      const message = {
        path: `/v1/sample?${name === "dtype" ? "" : "dtype=f32&"}${name}=${text}`,
        headers: BYTES_TYPE,
        body: f32(ROW),
      };
      return judged(`?${name}=${text}`, message, `/${name}`);
    }),
  );
}

/** Each stage alone, with a wrong value for each of its options. */
function inChains(): HostileCase[] {
  return STAGE_NAMES.flatMap((stage) => {
    const schema = SCHEMAS[`Stage_${stage}`];
    const names = Object.keys(schema?.["properties"] ?? {}).filter((name) => name !== "stage");
    return names.flatMap((name) =>
      HOSTILE_VALUES.map((value) => {
        const body = { logits: ROW, history: HISTORY, chain: [{ stage, [name]: value }] };
        return judged(
          `chain ${stage}, ${name}: ${JSON.stringify(value)}`,
          jsonMessage("/v1/sample", body),
          "/chain/0",
        );
      }),
    );
  });
}

/**
 * A request that the contract refuses must be refused with a pointer below `pointer`; the service may also refuse some
 * of the others.
 */
function judged(name: string, message: Message, pointer: string): HostileCase {
  const must_refuse = judge(message).refusal !== undefined;
  return {
    name,
    bytes: encode(message),
    statuses: must_refuse ? [422] : [200, 422],
    pointer: must_refuse ? `${pointer}*` : undefined,
  };
}
