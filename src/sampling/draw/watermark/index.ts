/** The list of watermark schemes. To add one: its file, its line here, its test. */
import { green_list } from "./green-list.ts";
import { dual_key_gumbel, gumbel_mark } from "./gumbel-marks.ts";
import type { WatermarkScheme } from "./scheme.ts";
import { synthid } from "./synthid.ts";

const LIST = [gumbel_mark, dual_key_gumbel, green_list, synthid] as const;

/** Each only receives options that its own schema parsed: the choice keeps both together. */
export const WATERMARKS = LIST as unknown as readonly WatermarkScheme[];
