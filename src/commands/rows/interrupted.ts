/** A signal ended the pass; its checkpoint was saved. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals, place: string) {
    super(`ended by ${signal} at ${place}`);
    this.signal = signal;
  }
}
