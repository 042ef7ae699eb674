import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../../exit/command_error.ts';
import { EXIT, type ExitCode } from '../../exit/exit_codes.ts';
import { parseCard } from '../../inference/card.ts';
import { DOMAINS, refText } from '../../inference/model_format.ts';
import type { ModelFolder, ModelRegistry, Role } from '../../inference/registry.ts';
import type { ModelsContext } from './models.ts';

/** One model, as `list` tells it. */
interface Listed {
  readonly model: string;
  readonly role: Role | null;
  readonly source: 'own' | 'shipped';
  readonly path: string;
  /** Out of its card; null where that is unreadable. */
  readonly card: {
    readonly trained: string;
    readonly precision: string;
    readonly bytes: number;
    /** At 500 ms, on data that it had not seen. */
    readonly macro_f1_500: number;
    readonly direction_accuracy_500: number;
    readonly p50_ms: number;
  } | null;
  /** Why the card is unreadable, or the empty string. */
  readonly fault: string;
}

/** `flashmm models list` */
export async function listModels(operands: readonly string[], { registry, context }: ModelsContext): Promise<ExitCode> {
  if (operands.length > 0) throw new CommandError('usage', `models list: unexpected argument '${operands[0]}'`);
  const models = registry.all().map((folder) => listed(folder, registry));
  const serving = Object.fromEntries(DOMAINS.map((domain) => [domain, registry.serving(domain)]));
  if (context.json) context.printJson({ models, serving });
  else if (models.length === 0) context.print(`no models, neither shipped nor in ${registry.own}`);
  else context.print(tableOf(models));
  return EXIT.ok;
}

function listed(folder: ModelFolder, registry: ModelRegistry): Listed {
  const { ref, source, path } = folder;
  const model = refText(ref);
  const { champion, challenger } = registry.serving(ref.domain);
  const role = model === champion ? 'champion' : model === challenger ? 'challenger' : null;
  try {
    const { trained, onnx, metrics, latency } = parseCard(readFileSync(join(path, 'card.json'), 'utf8'));
    const { macro_f1, direction_accuracy } = metrics['500'];
    return {
      ...{ model, role, source, path, fault: '' },
      card: {
        ...{ trained: trained.at, precision: onnx.precision, bytes: onnx.bytes, p50_ms: latency.p50_ms },
        ...{ macro_f1_500: macro_f1.value, direction_accuracy_500: direction_accuracy.value },
      },
    };
  } catch (error) {
    return { model, role, source, path, card: null, fault: (error as Error).message };
  }
}

function tableOf(models: readonly Listed[]): string {
  const rows = models.map(({ model, role, source, card, fault }) => {
    const start = [model, role ?? '–', source];
    if (card === null) return [...start, fault];
    const { precision, bytes, macro_f1_500, direction_accuracy_500, p50_ms, trained } = card;
    const figures = [macro_f1_500.toFixed(3), direction_accuracy_500.toFixed(3), `${p50_ms.toFixed(3)} ms`];
    return [...start, precision, `${Math.ceil(bytes / 1_024)} KB`, ...figures, trained];
  });
  const titles = ['MODEL', 'SERVES AS', 'SOURCE', 'PRECISION', 'SIZE', 'F1 500', 'DIRECTION 500', 'P50', 'TRAINED'];
  const widths = titles.map((title, i) =>
    Math.max(title.length, ...rows.filter((row) => row.length === titles.length).map((row) => row[i]!.length)),
  );
  return [titles, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
