/** How a stream and what carries it speak with each other. */

/** What carries the messages. */
export interface Connection {
  sendText(text: string): void;
  sendRow(bytes: Uint8Array): void;
  /** Says that no message will follow, and resolves when the service has ended too. */
  close(): Promise<void>;
  abort(): void;
}

export interface ConnectionEvents {
  line(text: string): void;
  /** nothing more will come */
  closed(reason?: unknown): void;
}
