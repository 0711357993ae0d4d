/** The primary's side of the bus: passes a worker's question to all workers and gathers their replies. */

import type { WorkerCounts } from "../observe/metrics.ts";
import { type BusMessage, isBusMessage, REPLY_MS_MAX } from "./bus.ts";

/** The functions of a worker that the relay uses. */
export interface Peer {
  readonly id: number;
  /** whether its channel is open */
  isConnected(): boolean;
  /** `sent` is called with an error if sending fails. Without a callback the error would end the process. */
  send(message: BusMessage, sent: () => void): unknown;
}

export interface Relay {
  /** A message of a worker has arrived. */
  heard(from: Peer, message: unknown): void;
  /** A worker will not reply any more. */
  gone(peer: Peer): void;
}

interface Question {
  readonly replies: unknown[];
  readonly awaited: Set<number>;
  finish(): void;
}

/** A worker whose channel is closed is skipped: it is about to be reported gone. */
const unheard = () => undefined;

export function createRelay(peers: () => readonly Peer[], counts: () => WorkerCounts): Relay {
  const questions = new Map<number, Question>();
  let asked = 0;
  const ask = (from: Peer, { id, topic, body }: Extract<BusMessage, { bus: "ask" }>) => {
    asked += 1;
    const number = asked;
    const hearing = peers().filter((peer) => peer.isConnected());
    const timer = setTimeout(() => finish(), REPLY_MS_MAX).unref();
    const finish = () => {
      clearTimeout(timer);
      questions.delete(number);
      const answers = { replies: question.replies, workers: counts() };
      if (from.isConnected()) from.send({ bus: "answers", id, answers }, unheard);
    };
    const question: Question = { replies: [], awaited: new Set(hearing.map((peer) => peer.id)), finish };
    questions.set(number, question);
    for (const peer of hearing) peer.send({ bus: "question", id: number, topic, body }, unheard);
    if (hearing.length === 0) finish();
  };
  const settle = (question: Question, peer: Peer) => {
    if (question.awaited.delete(peer.id) && question.awaited.size === 0) question.finish();
  };
  return {
    heard(from, message) {
      if (!isBusMessage(message)) return;
      if (message.bus === "ask") ask(from, message);
      if (message.bus !== "reply") return;
      const question = questions.get(message.id);
      if (question === undefined) return;
      if (message.reply !== undefined) question.replies.push(message.reply);
      settle(question, from);
    },
    gone(peer) {
      for (const question of questions.values()) settle(question, peer);
    },
  };
}
