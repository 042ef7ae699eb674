import type { InferenceSession } from 'onnxruntime-node';
import { ModelFileError } from './model_file_error.ts';
import {
  ANSWER_LENGTH,
  BATCH_MOST,
  CLASSES,
  FEATURES_IN_ROW,
  HORIZONS_MS,
  INPUT_NAME,
  OUTPUT_NAME,
  WINDOW_LENGTH,
  WINDOW_STEPS,
} from './model_format.ts';

/** Microseconds of a millisecond. */
const MICROS_PER_MS = 1_000;

/** ONNX Runtime's `error`: what it warns of concerns whoever made the file. */
const LOG_ERRORS = 3;

/** A model in memory, ready to answer. */
export interface OpenModel {
  /** Where the windows of the next run are written, [16, 25, 64]. Not to be touched while one is under way. */
  readonly input: Float32Array;
  /** The answers of the last run, [16, 3, 3]. */
  readonly output: Float32Array;
  /** Why it cannot answer any more, or undefined. */
  readonly ended: string | undefined;
  /**
   * Answers the first `windows` windows of the input. One run at a time.
   *
   * @returns how long the model took, microseconds. @throws Error when the runtime fails
   */
  run(windows: number): Promise<number>;
  /** Releases it once the run under way is over. */
  close(): Promise<void>;
}

/** Opens a model file. @throws ModelFileError when it is none, or its inputs and outputs are not as they should be */
export type OpenModelFile = (bytes: Uint8Array) => Promise<OpenModel>;

/** Where a model reads and writes. */
export interface ModelBuffers {
  readonly input: Float32Array;
  readonly output: Float32Array;
}

/** Fresh buffers of a full batch. @param shared whether another thread is to see them */
export function modelBuffers(shared = false): ModelBuffers {
  const bytes = (length: number) => length * Float32Array.BYTES_PER_ELEMENT;
  const [input, output] = [BATCH_MOST * WINDOW_LENGTH, BATCH_MOST * ANSWER_LENGTH];
  return {
    input: new Float32Array(shared ? new SharedArrayBuffer(bytes(input)) : new ArrayBuffer(bytes(input))),
    output: new Float32Array(shared ? new SharedArrayBuffer(bytes(output)) : new ArrayBuffer(bytes(output))),
  };
}

/**
 * Opens a model in this thread: each run holds it up for as long as the model takes. For virtual time, benches and checks; a
 * live session uses {@link openModelThread}.
 *
 * One thread, operators in sequence, tensors made once for each batch size: a small model is over before a second thread has
 * woken.
 *
 * @throws ModelFileError
 */
export async function openModel(bytes: Uint8Array, buffers = modelBuffers()): Promise<OpenModel> {
  // Loaded on first use: 45 MB that commands without models do not pay for.
  const { InferenceSession: Session, Tensor } = await import('onnxruntime-node');
  const session = await Session.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: LOG_ERRORS,
  }).catch((error: unknown) => {
    throw new ModelFileError(`model.onnx cannot be loaded: ${(error as Error).message.slice(0, 300)}`);
  });
  const wrong = interfaceFault(session);
  if (wrong !== undefined) {
    await session.release();
    throw new ModelFileError(`model.onnx: ${wrong}`);
  }
  const { input, output } = buffers;
  const batches = Array.from({ length: BATCH_MOST }, (_, i) => {
    const windows = input.subarray(0, (i + 1) * WINDOW_LENGTH);
    const answers = output.subarray(0, (i + 1) * ANSWER_LENGTH);
    return {
      feeds: { [INPUT_NAME]: new Tensor('float32', windows, [i + 1, WINDOW_STEPS, FEATURES_IN_ROW]) },
      fetches: { [OUTPUT_NAME]: new Tensor('float32', answers, [i + 1, HORIZONS_MS.length, CLASSES]) },
    };
  });
  let running: Promise<unknown> = Promise.resolve();
  return {
    input,
    output,
    ended: undefined,
    async run(windows) {
      const batch = batches[windows - 1];
      if (batch === undefined) throw new RangeError(`${windows} windows: expected 1 to ${BATCH_MOST}`);
      const startedMs = performance.now();
      const run = session.run(batch.feeds, batch.fetches);
      running = run.catch(() => undefined);
      await run;
      return (performance.now() - startedMs) * MICROS_PER_MS;
    },
    async close() {
      await running;
      await session.release();
    },
  };
}

/** What is wrong with the names and shapes of a model's inputs and outputs, or undefined. */
function interfaceFault({ inputMetadata, outputMetadata }: InferenceSession): string | undefined {
  return (
    tensorFault('input', inputMetadata, INPUT_NAME, [WINDOW_STEPS, FEATURES_IN_ROW]) ??
    tensorFault('output', outputMetadata, OUTPUT_NAME, [HORIZONS_MS.length, CLASSES])
  );
}

function tensorFault(
  what: string,
  tensors: readonly InferenceSession.ValueMetadata[],
  name: string,
  dims: readonly number[],
): string | undefined {
  const expected = `expected one, '${name}': float32 [batch, ${dims.join(', ')}]`;
  const shown = tensors.map(
    (one) => `'${one.name}': ${one.isTensor ? `${one.type} [${one.shape.join(', ')}]` : 'other'}`,
  );
  const [tensor] = tensors;
  const fits =
    tensors.length === 1 &&
    tensor?.isTensor === true &&
    tensor.name === name &&
    tensor.type === 'float32' &&
    tensor.shape.length === dims.length + 1 &&
    typeof tensor.shape[0] === 'string' &&
    // An operator may leave a size open; the runtime checks it against the tensor at every run.
    dims.every((dim, i) => tensor.shape[i + 1] === dim || typeof tensor.shape[i + 1] === 'string');
  return fits ? undefined : `${what}s are ${shown.join(' and ') || 'none'}, ${expected}`;
}
