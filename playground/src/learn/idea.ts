/** An idea of the learn view: a title, two sentences, and a control to drag. */
import type { ComponentType } from "preact";

export interface Idea {
  /** its anchor on the page, for links */
  readonly id: string;
  readonly title: string;
  readonly sentences: readonly [string, string];
  readonly View: ComponentType;
  /** the routes that its numbers come from */
  readonly asks: string;
}
