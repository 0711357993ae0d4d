/** The requests to both servers, byte for byte the same, and the check of their answers. */
import { f32Bytes, randomRow } from "../../evidence/rows.ts";
import type { Scenario } from "../../evidence/scenarios.ts";

export interface PeerCase {
  readonly scenario: Scenario;
  /** goal: the factor by which our rows a second exceed the peer's */
  readonly goal: number;
}

const SAMPLING = { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05, seed: "7", step: 3 };

export function createPeerCases(): PeerCase[] {
  const sizes = [32_000, 128_256];
  return [
    ...sizes.map((size) => ({ scenario: binary(size), goal: 5 })),
    ...sizes.map((size) => ({ scenario: json(size), goal: 6 })),
  ];
}

function binary(vocab_size: number): Scenario {
  const query = new URLSearchParams({ dtype: "f32" });
  for (const [name, value] of Object.entries(SAMPLING)) query.set(name, `${value}`);
  return {
    name: `f32, ${vocab_size}`,
    path: `/v1/sample?${query}`,
    headers: { "content-type": "application/octet-stream" },
    body: f32Bytes(randomRow(vocab_size, 1)),
  };
}

/** All digits of the values, as json.dumps writes them. */
function json(vocab_size: number): Scenario {
  const logits = Array.from(randomRow(vocab_size, 1));
  return {
    name: `JSON numbers, ${vocab_size}`,
    path: "/v1/sample",
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify({ ...SAMPLING, logits })),
  };
}

interface Answer {
  readonly token_id: number;
  readonly kept_token_ids: readonly number[];
}

/** Throws unless both servers draw from the same tokens, and each draws one of them. */
export async function requireSameAnswer(scenario: Scenario, ours: string, theirs: string): Promise<void> {
  const [own, other] = [await answerOf(ours, scenario), await answerOf(theirs, scenario)];
  if (own.kept_token_ids.join() !== other.kept_token_ids.join())
    throw new Error(`${scenario.name}: ${own.kept_token_ids} are left here, ${other.kept_token_ids} there`);
  for (const { token_id, kept_token_ids } of [own, other])
    if (!kept_token_ids.includes(token_id)) throw new Error(`${scenario.name}: ${token_id} was not left`);
}

async function answerOf(url: string, { path, headers, body }: Scenario): Promise<Answer> {
  const is_json = headers["content-type"] === "application/json";
  const asked = is_json
    ? { path, body: Buffer.from(body.toString().replace("{", '{"kept_token_ids":true,')) }
    : { path: `${path}&kept_token_ids=true`, body };
  const response = await fetch(url + asked.path, { method: "POST", headers, body: asked.body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Answer; // both servers document the two fields
}
