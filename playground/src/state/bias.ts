/** Banning a token, or making it likelier: logit_bias, the one stage that the page knows by name. */
import { addStageFirst, setOption } from "./chain.ts";
import { chain } from "./signals.ts";

const BIAS = "logit_bias";

type Biases = Readonly<Record<string, number | string>>;

export function biasOf(token_id: number): number | string | undefined {
  return biases()[String(token_id)];
}

/** undefined takes the bias away; "-inf" bans the token. The stage is added at the beginning when there is none. */
export function setBias(token_id: number, bias: number | "-inf" | undefined): void {
  const { [String(token_id)]: _, ...others } = biases();
  const all = bias === undefined || bias === 0 ? others : { ...others, [String(token_id)]: bias };
  const item = stage();
  if (item === undefined) addStageFirst({ stage: BIAS, [BIAS]: all });
  else setOption(item.key, BIAS, all);
}

function stage() {
  return chain.value.find((item) => item.stage === BIAS && item.on);
}

function biases(): Biases {
  const given = stage()?.options[BIAS];
  return typeof given === "object" && given !== null && !Array.isArray(given) ? (given as Biases) : {}; // the service judges the values
}
