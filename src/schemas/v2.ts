/**
 * JSON schemas of the Open Inference Protocol with Triton's extensions for binary tensors and shared memory:
 * inference requests and replies. The elements of `data` are read elsewhere; these schemas check everything around
 * them.
 */
import * as z from "zod";
import { namedValues } from "../sampling/options/counted-fields.ts";
import { flag, oneOf, rule, whole } from "../sampling/options/fields.ts";
import { shapeOf } from "./tensor.ts";

/** Element type → bytes of one element. BYTES elements have their own length before each element. */
export const DATATYPES = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BF16: 2,
  BYTES: 0,
} as const;

export type Datatype = keyof typeof DATATYPES;

/** The only model. */
export const MODEL = { name: "sampler", version: "1", platform: "logit-sampler" } as const;

const text = (what: string) => z.string(rule(`must be ${what}`));
const SHARED = {
  shared_memory_region: text("the name of a region")
    .optional()
    .describe("Name of the region that holds the data."),
  shared_memory_offset: whole({ min: 0 }).optional().describe("Offset in the region, in bytes. Default 0."),
  shared_memory_byte_size: whole({ min: 0 }).optional().describe("Number of bytes."),
};

const INPUT_PARAMETERS = z.strictObject({
  binary_data_size: whole({ min: 0 })
    .optional()
    .describe("Number of bytes of this tensor after the JSON, in the order of the inputs."),
  ...SHARED,
});

const OUTPUT_PARAMETERS = z.strictObject({
  binary_data: flag().optional().describe("True: the tensor comes after the JSON, as bytes."),
  classification: whole({ min: 0 }).optional().describe("Not supported: ask for `top_logprobs`."),
  ...SHARED,
});

const INFER_INPUT = z.strictObject({
  name: text("a string").describe("`logits`, or the name of an option of a step."),
  shape: shapeOf(0).describe(
    "[vocab_size] or [rows, vocab_size] for logits; see the page on the protocol for options.",
  ),
  // Object.keys types its result as string[]; the names are those of DATATYPES.
  datatype: oneOf(Object.keys(DATATYPES) as [Datatype, ...Datatype[]]).describe("Type of the elements."),
  parameters: INPUT_PARAMETERS.nullish(),
  data: z
    .unknown()
    .optional()
    .describe("The elements, flat or nested like the shape; absent for binary tensors.")
    .meta({ type: "array", items: {} }),
});

const INFER_OUTPUT = z.strictObject({
  name: text("a string").describe("Name of an output."),
  parameters: OUTPUT_PARAMETERS.nullish(),
});

export const INFER_REQUEST = z
  .strictObject({
    id: text("a string").nullish().describe("Returned in the reply."),
    model_name: z.literal(MODEL.name, rule(`must be "${MODEL.name}"`)).optional(),
    model_version: z.literal(MODEL.version, rule(`must be "${MODEL.version}"`)).optional(),
    parameters: namedValues(z.unknown(), "option → value")
      .nullish()
      .describe(
        "Options of the step, for all rows; lists and objects as JSON or as a string of JSON. Also `binary_data_output` (bool) and `timeout` (microseconds).",
      ),
    inputs: z.array(INFER_INPUT, rule("must be an array of tensors")),
    outputs: z
      .array(INFER_OUTPUT, rule("must be an array of outputs"))
      .nullish()
      .describe("Wanted outputs. Default: all outputs that the options produce."),
  })
  .describe("One inference: a row of logits, or many, and the options of the step.");

export type InferRequest = z.infer<typeof INFER_REQUEST>;
export type InferInput = z.infer<typeof INFER_INPUT>;

const TENSOR_METADATA = z.strictObject({
  name: z.string().describe("Name of the tensor."),
  datatype: z.string().describe("Type of the elements."),
  shape: z.array(z.int()).describe("Its shape; −1 for sizes that depend on the request."),
});

export const INFER_REPLY = z
  .strictObject({
    id: z.string().optional().describe("Id of the request."),
    model_name: z.string().describe("The model."),
    model_version: z.string().describe("Its version."),
    parameters: z.record(z.string(), z.unknown()).describe("`system_fingerprint`, which decides the bits."),
    outputs: z.array(
      TENSOR_METADATA.extend({
        parameters: z
          .strictObject({
            binary_data_size: z.int().describe("Number of bytes of this tensor after the JSON."),
          })
          .optional(),
        data: z.array(z.unknown()).optional().describe("The elements, flat; null stands for −∞."),
      }),
    ),
  })
  .describe("The outputs, in the requested order.");

export const V2_ERROR = z
  .strictObject({ error: z.string().describe("The rule that was broken and the value received.") })
  .describe("The error of a refused request.");

export const SERVER_METADATA = z
  .strictObject({
    name: z.string().describe("The server."),
    version: z.string().describe("Its version."),
    extensions: z.array(z.string()).describe("Supported protocol extensions."),
  })
  .describe("The server.");

export const MODEL_METADATA = z
  .strictObject({
    name: z.string().describe("The model."),
    versions: z.array(z.string()).describe("Its versions."),
    platform: z.string().describe("The platform."),
    inputs: z.array(TENSOR_METADATA).describe("Inputs. All but `logits` are optional."),
    outputs: z.array(TENSOR_METADATA).describe("Outputs."),
  })
  .describe("The model, its inputs and its outputs.");

export const REGION = z
  .strictObject({
    name: z.string().describe("Name of the region."),
    key: z.string().describe("Name of its file."),
    offset: z.int().describe("Offset of the region in the file, in bytes."),
    byte_size: z.int().describe("Its size in bytes."),
  })
  .describe("A region of shared memory.");

export const REGION_REQUEST = z
  .strictObject({
    key: text("the name of a file").describe("Name of the file, as given to shm_open."),
    offset: whole({ min: 0 }).default(0).describe("Offset of the region in the file, in bytes."),
    byte_size: whole({ min: 1 }).describe("Its size in bytes."),
  })
  .describe("A region to register.");
