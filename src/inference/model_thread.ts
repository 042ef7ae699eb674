import { Worker } from 'node:worker_threads';
import { ModelFileError } from './model_file_error.ts';
import { type ModelBuffers, modelBuffers, type OpenModel } from './open_model.ts';

/** What the thread is started with. */
export interface ModelThreadData {
  readonly bytes: Uint8Array;
  readonly buffers: ModelBuffers;
}

/** What is asked of the thread: a run of so many windows, or its end. */
export type ModelRequest = { readonly windows: number } | 'close';

/** What the thread says. */
export type ModelReply =
  | { readonly kind: 'open' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'answered'; readonly tookUs: number }
  | { readonly kind: 'failed'; readonly why: string };

/** A run that takes longer than this when its thread is to end is left behind: the process must not wait for it. */
const CLOSE_MS = 1_000;

/**
 * Opens a model on a thread of its own, with buffers that both threads see: nothing is copied, and a model that is slow, or
 * is being tried out, holds up neither the pipeline nor another model.
 *
 * @throws ModelFileError
 */
export async function openModelThread(bytes: Uint8Array): Promise<OpenModel> {
  const buffers = modelBuffers(true);
  const workerData: ModelThreadData = { bytes, buffers };
  const thread = new ModelThread(
    new Worker(new URL('./model_worker.ts', import.meta.url), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
    }),
    buffers,
  );
  await thread.opened;
  return thread;
}

class ModelThread implements OpenModel {
  readonly input: Float32Array;
  readonly output: Float32Array;
  readonly opened: Promise<void>;
  ended: string | undefined;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #asked: { resolve(reply: ModelReply): void; reject(error: Error): void } | undefined;

  constructor(worker: Worker, { input, output }: ModelBuffers) {
    this.#worker = worker;
    this.input = input;
    this.output = output;
    worker.on('message', (reply: ModelReply) => {
      const asked = this.#asked;
      this.#asked = undefined;
      asked?.resolve(reply);
    });
    worker.on('error', (error: Error) => this.#end(`its thread failed: ${error.message}`));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#end('its thread has ended');
        resolve();
      });
    });
    this.opened = this.#reply().then((reply) => {
      if (reply.kind === 'refused') throw new ModelFileError(reply.why);
    });
  }

  async run(windows: number): Promise<number> {
    if (this.ended !== undefined) throw new Error(this.ended);
    if (this.#asked !== undefined) throw new Error('it is still answering the run before');
    const reply = this.#reply();
    this.#worker.postMessage({ windows } satisfies ModelRequest);
    const answer = await reply;
    if (answer.kind === 'failed') throw new Error(answer.why);
    return answer.kind === 'answered' ? answer.tookUs : 0;
  }

  async close(): Promise<void> {
    if (this.ended === undefined) this.#worker.postMessage('close' satisfies ModelRequest);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([this.#exited, late]);
    clearTimeout(timer);
    // Not terminated: with a run under way the runtime would abort the whole process.
    this.#worker.unref();
  }

  #reply(): Promise<ModelReply> {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
    });
  }

  #end(why: string): void {
    this.ended ??= why;
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.reject(new Error(this.ended));
  }
}
