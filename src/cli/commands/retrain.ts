import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { DatasetError } from '../../dataset/dataset_error.ts';
import { evaluateModel, type HorizonEvaluation } from '../../dataset/evaluate.ts';
import { journalSource } from '../../dataset/journal.ts';
import { makeDatasets } from '../../dataset/make.ts';
import { type OpenDataset, openDataset } from '../../dataset/reader.ts';
import { recordingSources } from '../../dataset/recordings.ts';
import type { DatasetSource } from '../../dataset/source.ts';
import { CommandError } from '../../exit/command_error.ts';
import { DOMAINS, type Domain, MODEL_KINDS, parseRef, refText } from '../../inference/model_format.ts';
import { configuredRegistry } from '../../inference/open_inference.ts';
import { openModel } from '../../inference/open_model.ts';
import type { ModelFolder, ModelRegistry } from '../../inference/registry.ts';
import { isBetter, type Judgement } from '../../retrain/better.ts';
import { TrainingError, train, usualPython } from '../../retrain/python.ts';
import { answerRequest, type RequestFile, readRequests } from '../../retrain/requests.ts';
import { version } from '../../runtime/version.ts';
import { type CommandContext, defineCommand, type OptionValues } from '../command.ts';
import { modelOf, verified } from './models_verify.ts';

/** Candidates need something to be trained on, and something to be judged by that they have not seen. */
const DATASETS_LEAST = 2;

const files = z.array(z.string().min(1)).default([]);

const options = {
  data: { value: 'FILE', many: true, summary: 'Datasets of flashmm dataset, oldest first', schema: files },
  tape: { value: 'FILE', many: true, summary: 'Recordings to make datasets of, oldest first', schema: files },
  journal: {
    value: 'DIR',
    many: true,
    summary: 'Journals of sessions to make datasets of, oldest first',
    schema: files,
  },
  domain: {
    value: 'NAME',
    summary: 'sei or binance: whose models (default: that of the request)',
    schema: z.enum(DOMAINS).optional(),
  },
  kinds: {
    value: 'LIST',
    summary: 'Kinds of models to train, comma-separated (default trees,linear)',
    schema: z
      .string()
      .default('trees,linear')
      .transform((text) => text.split(','))
      .pipe(z.array(z.enum(MODEL_KINDS)).min(1)),
  },
  seed: { value: 'N', summary: 'Of all chance (default 1)', schema: z.coerce.number().int().min(0).default(1) },
  python: {
    value: 'PROGRAM',
    summary: 'Python with the training project’s packages',
    schema: z.string().min(1).optional(),
  },
  ifRequested: {
    summary: 'Does nothing unless a session has asked for it: for a timer',
    schema: z.boolean().default(false),
  },
} as const;

type RetrainContext = CommandContext<OptionValues<typeof options>>;

/** `flashmm retrain` */
export const command = defineCommand({
  name: 'retrain',
  summary: 'Train models anew, and promote one only if it is better on data that it has not seen.',
  description:
    'Collects datasets, trains on all but the newest with the Python project in models/training, checks the best candidate as flashmm models verify does, and holds it and the champion against the newest dataset. It becomes champion only if it is right about more moves over 500 ms by more than its interval and no worse otherwise; a running session takes it up at once, and flashmm models rollback takes it back. A session whose model has drifted leaves a request in the state folder, which a run of this answers.',
  options,
  examples: [
    { line: 'flashmm retrain --tape recordings/*.gz --domain binance', summary: 'from recordings, a dataset a market' },
    { line: 'flashmm retrain --if-requested --data datasets/*.arrow', summary: 'from a timer: only after drift' },
  ],
  async run(context) {
    const { config } = context.config();
    const stateDir = config.runtime.state_dir;
    const requests = context.options.ifRequested ? readRequests(stateDir) : [];
    if (context.options.ifRequested && requests.length === 0) {
      if (context.json) context.printJson({ requested: false });
      else context.print('no session has asked for training');
      return undefined;
    }
    const domain = domainOf(context, requests);
    const folder = mkdtempSync(join(tmpdir(), 'flashmm-retrain-'));
    try {
      const outcome = await retrain(context, domain, configuredRegistry(config), folder);
      for (const request of requests) if (parseRef(request.model)?.domain === domain) answerRequest(stateDir, request);
      if (context.json) context.printJson({ requested: requests.length > 0, domain, ...outcome });
      else
        context.print(
          `${domain}: ${outcome.candidate ?? 'nobody'} ${outcome.promoted ? 'is champion now' : 'is not promoted'}: ${outcome.reason}`,
        );
      return undefined;
    } catch (error) {
      if (error instanceof TrainingError || error instanceof DatasetError)
        throw new CommandError('environment', error.message);
      throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

function domainOf({ options: { domain } }: RetrainContext, requests: readonly RequestFile[]): Domain {
  const asked = requests[0] && parseRef(requests[0].model)?.domain;
  const wanted = domain ?? asked;
  if (wanted === undefined) throw new CommandError('usage', `--domain is required: one of ${DOMAINS.join(', ')}`);
  return wanted;
}

interface Outcome extends Pick<Judgement, 'reason'> {
  readonly candidate: string | null;
  readonly promoted: boolean;
}

async function retrain(
  context: RetrainContext,
  domain: Domain,
  registry: ModelRegistry,
  folder: string,
): Promise<Outcome> {
  const { kinds, python, seed } = context.options;
  const data = await collect(context, folder);
  const newest = data.at(-1)!;
  const modelVersion = Math.max(...kinds.map((kind) => registry.nextVersion({ domain, kind })));
  const plan = { data: data.slice(0, -1), out: registry.own, domain, kinds, version: modelVersion, seed };
  const say = (line: string): void => void context.stderr.write(`${line}\n`);
  say(`training ${kinds.join(', ')} on ${plan.data.length} datasets, ${newest} held out`);
  const { ranked } = await train(python ?? usualPython(), plan, say, context.signal);
  const [best] = ranked;
  if (best === undefined) return { candidate: null, promoted: false, reason: 'no candidate is fit to serve' };
  const candidate = modelOf(`${domain}-${best}/${modelVersion}`, registry);
  const text = refText(candidate.ref);
  const { passed, reason } = await verified(candidate);
  if (!passed) return { candidate: text, promoted: false, reason: reason ?? 'it does not pass its checks' };
  const { champion } = registry.serving(domain);
  const judgement: Judgement =
    champion === null
      ? { better: true, reason: 'there was none' }
      : isBetter(await judged(candidate, newest), await judged(modelOf(champion, registry), newest));
  if (judgement.better) registry.promote(candidate.ref);
  return { candidate: text, promoted: judgement.better, reason: judgement.reason };
}

/** The datasets, oldest first: those that are there, and those made of recordings and journals. */
async function collect(context: RetrainContext, out: string): Promise<readonly string[]> {
  const { data, tape, journal } = context.options;
  const staleAfterMs = context.config().config.sampling.stale_after_ms;
  const sources: DatasetSource[] = [
    ...(tape.length > 0 ? await recordingSources(tape) : []),
    ...(await Promise.all(journal.map(journalSource))),
  ];
  const made: string[] = [];
  for (const [i, source] of sources.entries()) {
    const folder = { out: join(out, String(i)), everyMs: 50, thresholdBps: 0, smoothingMs: 0, staleAfterMs };
    const onProgress = (): void => context.signal.throwIfAborted();
    made.push(...(await makeDatasets(source, { ...folder, flashmm: version(), onProgress })).map(({ path }) => path));
  }
  const all = [...data, ...made];
  if (all.length >= DATASETS_LEAST) return all;
  throw new CommandError(
    'usage',
    `${all.length} datasets: expected at least ${DATASETS_LEAST} by --data, --tape and --journal, the newest to judge by`,
  );
}

async function judged(folder: ModelFolder, path: string): Promise<readonly HorizonEvaluation[]> {
  const model = await openModel(readFileSync(join(folder.path, 'model.onnx')));
  async function* one(): AsyncGenerator<OpenDataset> {
    yield await openDataset(path);
  }
  try {
    return await evaluateModel(model, one());
  } finally {
    await model.close();
  }
}
