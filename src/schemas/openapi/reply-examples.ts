/**
 * The reply to the first example of each operation; a test checks it. `system_fingerprint` changes when something
 * that decides the bits changes.
 */
export const REPLY_EXAMPLES: Readonly<Record<string, unknown>> = {
  sample: {
    token_id: 1,
    logprob: -0.7833432722140898,
    processed_logprob: -0.6325990912013681,
    rank: 1,
    kept: 2,
    kept_mass: 0.8702745287349176,
    seed: "7",
    step: 0,
    state: null,
    system_fingerprint: "ls2-tychei-1f9bbf607943",
  },
  sampleBatch: {
    results: [
      {
        token_id: 1,
        kept: 4,
        seed: "7",
        step: 0,
        state: null,
        system_fingerprint: "ls2-tychei-1f9bbf607943",
      },
      {
        token_id: 1,
        kept: 1,
        seed: "8",
        step: 0,
        state: null,
        system_fingerprint: "ls2-tychei-1f9bbf607943",
      },
    ],
  },
  compare: {
    arms: [
      {
        name: "default",
        chain: [{ stage: "temperature" }, { stage: "top_p" }],
        token_id: 1,
        kept: 3,
        kept_mass: 0.9722173425069662,
      },
      {
        name: "llama.cpp",
        chain: [{ stage: "top_k" }, { stage: "top_p" }, { stage: "min_p" }, { stage: "temperature" }],
        token_id: 1,
        kept: 2,
        kept_mass: 0.8702745287349176,
      },
    ],
    tokens: [
      {
        token_id: 1,
        logprob: -0.7833432722140898,
        arms: [
          { probability: 0.4341433824573087, removed_by: null },
          { probability: 0.516660480692487, removed_by: null },
        ],
      },
      {
        token_id: 3,
        logprob: -0.8833431768466582,
        arms: [
          { probability: 0.406144192616017, removed_by: null },
          { probability: 0.48333951930751295, removed_by: null },
        ],
      },
      {
        token_id: 0,
        logprob: -2.28334327221409,
        arms: [
          { probability: 0.15971242492667445, removed_by: null },
          { probability: 0, removed_by: "top_p" },
        ],
      },
      {
        token_id: 2,
        logprob: -3.583343284135019,
        arms: [
          { probability: 0, removed_by: "top_p" },
          { probability: 0, removed_by: "top_p" },
        ],
      },
    ],
    differences: [
      {
        between: [0, 1],
        distance: 0.15971242492667442,
        only_first: [0],
        only_other: [],
        made_by: { arm: 0, stage: "temperature", differs: "place", across: ["top_p"], distance_without: 0 },
      },
    ],
    seed: "7",
    step: 0,
  },
  probabilities: {
    probabilities: [0.9984009054459483, 0.0012289437925558028, 0.0003701507614957787],
    log_odds: [6.436717339167705, -6.700370484172296, -7.901229952530411],
    top_id: 0,
    entropy: 0.012758488586926381,
    decision: {
      class_id: 0,
      probability: 0.9984009054459483,
      threshold: 0.95,
      threshold_log_odds: 2.9444389791664394,
      label: "cat",
    },
  },
  score: {
    results: [
      {
        logprob: -0.1841383014437271,
        rank: 1,
        cross_entropy: 0.1841383014437271,
        cross_entropy_bits: 0.2656554143305821,
      },
      {
        logprob: -1.9841381941553664,
        rank: 2,
        cross_entropy: 1.9841381941553664,
        cross_entropy_bits: 2.8625063331463303,
      },
    ],
    rows: 2,
    cross_entropy: 1.0841382477995467,
    cross_entropy_bits: 1.5640808737384562,
    perplexity: 2.956890613512947,
  },
  diagnose: {
    top_id: 0,
    probability: 0.5150071344729932,
    margin: 0.09999990463256836,
    entropy: 0.7728580711046157,
    relative_entropy: 0.7034857329345746,
    varentropy: 0.19957365677670688,
    energy: 2.763574429701308,
    logit_variance: 2.348888885709976,
    verdict: "torn",
    label: "cat",
    confidently_wrong: false,
  },
  calibrate: {
    calibration: { method: "temperature_scaling", temperature: 6.521688562869881 },
    passes: 4,
    rows: 4,
    before: {
      accuracy: 0.75,
      nll: 1.3000951597559107,
      brier: 0.5017205731094956,
      ece: 0.2021730359784848,
      mce: 0.2021730359784848,
      classwise_ece: 0.26177449698953126,
      overconfidence: 0.2021730359784848,
      bins: [
        { lower: 0, upper: 0.5, rows: 0, confidence: null, accuracy: null },
        { lower: 0.5, upper: 1, rows: 4, confidence: 0.9521730359784848, accuracy: 0.75 },
      ],
    },
    after: {
      accuracy: 0.75,
      nll: 0.6554738435785837,
      brier: 0.45954972031725727,
      ece: 0.11985260256375574,
      mce: 0.11985260256375574,
      classwise_ece: 0.11985260256375341,
      overconfidence: -0.11985260256375574,
      bins: [
        { lower: 0, upper: 0.5, rows: 0, confidence: null, accuracy: null },
        { lower: 0.5, upper: 1, rows: 4, confidence: 0.6301473974362443, accuracy: 0.75 },
      ],
    },
  },
  baseline: {
    baseline: {
      rows: 10,
      temperature: 1,
      false_positive_rate: 0.1,
      threshold: 3.4567571178762844,
      features: {
        margin: { median: 6.549999833106995, deviation: 0.5930412939041422 },
        ln_entropy: { median: -4.126951177348306, deviation: 0.6395254194015683 },
        energy: { median: 7.802074550318396, deviation: 0.9616892474743786 },
        ln_varentropy: { median: -2.3466812162247033, deviation: 0.5447870586843383 },
        logit_deviation: { median: 3.292722461773125, deviation: 0.44622669310002233 },
      },
    },
  },
  infer: {
    id: "42",
    model_name: "sampler",
    model_version: "1",
    parameters: { system_fingerprint: "ls2-tychei-1f9bbf607943" },
    outputs: [{ name: "token_id", datatype: "INT64", shape: [1], data: [3] }],
  },
};
