/** A value from the service for a dragged number: one request at a time, and only the newest question waits. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Refusal, request } from "../api/client.ts";
import type { ProblemBody } from "../api/wire.ts";
import { followLatest } from "../state/latest.ts";

export interface Asked<Reply> {
  /** of the last question that was answered */
  readonly reply: Reply | undefined;
  readonly problem: ProblemBody | undefined;
}

/** Asks again whenever `key` changes; `ask` is the question at that time. */
export function useAsked<Reply>(key: string, ask: () => Promise<Reply>): Asked<Reply> {
  const asked = useSignal<Asked<Reply>>({ reply: undefined, problem: undefined });
  const follow = useRef<(question: () => Promise<Reply>) => void>(undefined);
  follow.current ??= followLatest(async (question) => {
    try {
      asked.value = { reply: await question(), problem: undefined };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      asked.value = { ...asked.value, problem: error.problem };
    }
  });
  useEffect(() => follow.current?.(ask), [key]);
  return asked.value;
}

export function postJson<Reply>(path: string, body: unknown): Promise<Reply> {
  const headers = { "content-type": "application/json" };
  return request<Reply>(path, { method: "POST", headers, body: JSON.stringify(body) });
}
