/** The interface between a stream and its transport. */

/** The transport of the messages. */
export interface Connection {
  sendText(text: string): void;
  sendRow(bytes: Uint8Array): void;
  /** Ends the messages of the client, and resolves when the service has ended too. */
  close(): Promise<void>;
  abort(): void;
}

export interface ConnectionEvents {
  line(text: string): void;
  /** the service has ended */
  closed(reason?: unknown): void;
}
