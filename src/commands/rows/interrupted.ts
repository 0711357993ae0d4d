/** The pass was told to end; where it stood was kept. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals, place: string) {
    super(`ended by ${signal} at ${place}`);
    this.signal = signal;
  }
}
