import { parentPort, workerData } from 'node:worker_threads';
import type { ModelReply, ModelRequest, ModelThreadData } from './model_thread.ts';
import { type OpenModel, openModel } from './open_model.ts';

/** The thread of one model: opens it, answers runs one after another, and ends when it is told to. */
async function serve({ bytes, buffers }: ModelThreadData): Promise<void> {
  const tell = (reply: ModelReply): void => parentPort?.postMessage(reply);
  let model: OpenModel;
  try {
    model = await openModel(bytes, buffers);
  } catch (error) {
    tell({ kind: 'refused', why: (error as Error).message });
    return;
  }
  parentPort?.on('message', async (request: ModelRequest) => {
    if (request === 'close') {
      await model.close();
      parentPort?.close();
      return;
    }
    try {
      tell({ kind: 'answered', tookUs: await model.run(request.windows) });
    } catch (error) {
      tell({ kind: 'failed', why: (error as Error).message });
    }
  });
  tell({ kind: 'open' });
}

await serve(workerData as ModelThreadData);
