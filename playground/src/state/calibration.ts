/**
 * The user's choices in the calibrate view. They are separate from the view's requests, which are loaded when the view
 * is opened.
 */
import { signal } from "@preact/signals";

export const SET_IDS = ["digits", "spam", "own"] as const;
export type SetId = (typeof SET_IDS)[number];

export const BINNINGS = ["equal_width", "equal_mass"] as const;
export type Binning = (typeof BINNINGS)[number];

export const BINS_MIN = 2;
export const BINS_MAX = 40;

/** Six rows, one of them torn and two wrong: enough to show the format, too few to calibrate. */
export const OWN_TEXT =
  "0: 4.1 0.2 -1\n1: 3.9 1.1 0.3\n2: -2 0.4 5.2\n1: 0.1 4.4 2\n0: 3.1 2.8 0\n2: 4.2 0.5 3.9";

export const chosen_set = signal<SetId>("digits");
export const own_text = signal(OWN_TEXT);
export const bins = signal(15);
export const binning = signal<Binning>("equal_width");
export const threshold = signal(0.95);
