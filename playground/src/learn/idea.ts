/** An idea of the learn view: a title, two sentences, and something to drag. */
import type { ComponentType } from "preact";

export interface Idea {
  /** where in the page it stands, for links */
  readonly id: string;
  readonly title: string;
  readonly sentences: readonly [string, string];
  readonly View: ComponentType;
  /** the routes that its numbers come from */
  readonly asks: string;
}
