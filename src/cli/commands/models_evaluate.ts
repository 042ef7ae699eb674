import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProgressBar } from '../../backtest/progress.ts';
import type { Interval } from '../../compare/bootstrap.ts';
import { DatasetError } from '../../dataset/dataset_error.ts';
import { evaluateModel, type HorizonEvaluation, type JudgeFigures } from '../../dataset/evaluate.ts';
import { type OpenDataset, openDataset } from '../../dataset/reader.ts';
import { CommandError } from '../../exit/command_error.ts';
import { EXIT, type ExitCode } from '../../exit/exit_codes.ts';
import { parseCard } from '../../inference/card.ts';
import { refText } from '../../inference/model_format.ts';
import { openModel } from '../../inference/open_model.ts';
import type { ModelsContext } from './models.ts';
import { modelOf } from './models_verify.ts';

/** `flashmm models evaluate` */
export async function evaluateModels(operands: readonly string[], given: ModelsContext): Promise<ExitCode> {
  const { registry, context } = given;
  const { data } = context.options;
  const [reference, ...more] = operands;
  if (reference === undefined || more.length > 0)
    throw new CommandError('usage', `evaluate: ${operands.length} models: expected one`);
  if (data.length === 0)
    throw new CommandError('usage', '--data FILE… is required: datasets as flashmm dataset makes them');
  const { ref, path } = modelOf(reference, registry);
  const card = parseCard(readFileSync(join(path, 'card.json'), 'utf8'));
  const model = await openModel(readFileSync(join(path, 'model.onnx')));
  const bar = new ProgressBar(context.stderr, data.length);
  let opened = 0;
  async function* datasets(): AsyncGenerator<OpenDataset> {
    for (const file of data) {
      const dataset = await openDataset(file);
      if (dataset.metadata.featuresHash !== card.features_hash) {
        const made = `${dataset.metadata.featuresHash.slice(0, 12)}…: expected ${card.features_hash.slice(0, 12)}…`;
        throw new DatasetError(`${file}: of the features ${made}, those of ${refText(ref)}`);
      }
      opened += 1;
      yield dataset;
    }
  }
  try {
    const horizons = await evaluateModel(model, datasets(), (rows) => {
      context.signal.throwIfAborted();
      bar.show(opened - 1, `${rows} rows`);
    });
    bar.clear();
    if (context.json) context.printJson({ model: refText(ref), data, horizons: jsonOf(horizons) });
    else context.print(textOf(refText(ref), horizons));
    return EXIT.ok;
  } catch (error) {
    if (error instanceof DatasetError) throw new CommandError('environment', error.message);
    throw error;
  } finally {
    bar.clear();
    await model.close();
  }
}

function jsonOf(horizons: readonly HorizonEvaluation[]): Record<string, unknown> {
  const interval = (one: Interval | null) => one && { value: one.mean, low: one.low, high: one.high };
  const judge = ({ macroF1, directionAccuracy }: JudgeFigures) => ({
    macro_f1: interval(macroF1),
    direction_accuracy: interval(directionAccuracy),
  });
  return Object.fromEntries(
    horizons.map(({ horizonMs, n, moves, model, imbalance, majority }) => [
      horizonMs,
      { n, moves, model: judge(model), imbalance: judge(imbalance), majority: judge(majority) },
    ]),
  );
}

function textOf(name: string, horizons: readonly HorizonEvaluation[]): string {
  const figure = (one: Interval | null): string =>
    (one === null ? '–' : `${one.mean.toFixed(3)} (${one.low.toFixed(3)} to ${one.high.toFixed(3)})`).padEnd(26);
  const line = (judge: string, { macroF1, directionAccuracy }: JudgeFigures): string =>
    `  ${judge.padEnd(22)}${figure(macroF1)}${figure(directionAccuracy)}`.trimEnd();
  const head = `  ${''.padEnd(22)}${'macro-F1 (95 %)'.padEnd(26)}direction of moves (95 %)`;
  return horizons
    .flatMap(({ horizonMs, n, moves, model, imbalance, majority }) => [
      `${horizonMs} ms: ${n} windows, ${moves} moves`,
      head,
      line(name, model),
      line('sign of imbalance', imbalance),
      line('majority class', majority),
    ])
    .join('\n');
}
