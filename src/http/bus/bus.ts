/**
 * Communication between the workers of one service. A question goes through the primary to every worker, including the
 * one that asks, and all answers come back together. Questions and answers are plain data.
 */
import type { WorkerCounts } from "../observe/metrics.ts";

export interface Bus {
  /** Answers questions about a topic; one handler a topic. */
  answer(topic: string, handler: (body: unknown) => unknown): void;
  /** The answers of all workers. Workers that have ended, are silent for too long, or fail to answer are left out. */
  ask(topic: string, body: unknown): Promise<Answers>;
}

export interface Answers {
  readonly replies: readonly unknown[];
  readonly workers: WorkerCounts;
}

/** A message on the channel between the primary and a worker. */
export type BusMessage =
  | { readonly bus: "ask"; readonly id: number; readonly topic: string; readonly body: unknown }
  | { readonly bus: "question"; readonly id: number; readonly topic: string; readonly body: unknown }
  | { readonly bus: "reply"; readonly id: number; readonly reply?: unknown }
  | { readonly bus: "answers"; readonly id: number; readonly answers: Answers };

/** How long the primary waits for the workers, in milliseconds. */
export const REPLY_MS_MAX = 1000;

export function isBusMessage(message: unknown): message is BusMessage {
  return typeof message === "object" && message !== null && "bus" in message;
}

const ALONE: WorkerCounts = { running: 1, replaced: 0, silent: 0, log_lines_lost: 0 };

/** A bus for a single process. */
export function createLocalBus(): Bus {
  const handlers = new Map<string, (body: unknown) => unknown>();
  return {
    answer: (topic, handler) => void handlers.set(topic, handler),
    async ask(topic, body) {
      const reply = await handlers.get(topic)?.(body);
      return { replies: reply === undefined ? [] : [reply], workers: ALONE };
    },
  };
}

/** The channel of a worker to its primary. */
export interface Channel {
  send(message: BusMessage): void;
  onMessage(take: (message: unknown) => void): void;
}

export function createWorkerBus(channel: Channel): Bus {
  const handlers = new Map<string, (body: unknown) => unknown>();
  const waiting = new Map<number, (answers: Answers) => void>();
  let asked = 0;
  const reply = async (id: number, topic: string, body: unknown) => {
    try {
      channel.send({ bus: "reply", id, reply: await handlers.get(topic)?.(body) });
    } catch {
      channel.send({ bus: "reply", id });
    }
  };
  channel.onMessage((message) => {
    if (!isBusMessage(message)) return;
    if (message.bus === "question") void reply(message.id, message.topic, message.body);
    if (message.bus !== "answers") return;
    waiting.get(message.id)?.(message.answers);
    waiting.delete(message.id);
  });
  return {
    answer: (topic, handler) => void handlers.set(topic, handler),
    ask: (topic, body) =>
      new Promise((resolve) => {
        asked += 1;
        waiting.set(asked, resolve);
        channel.send({ bus: "ask", id: asked, topic, body });
      }),
  };
}
