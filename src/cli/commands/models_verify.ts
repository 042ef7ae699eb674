import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../../exit/command_error.ts';
import { EXIT, type ExitCode } from '../../exit/exit_codes.ts';
import { parseCard } from '../../inference/card.ts';
import { featuresHash } from '../../inference/features_hash.ts';
import { parseRef, REF_FORM, refText } from '../../inference/model_format.ts';
import { openModel } from '../../inference/open_model.ts';
import type { ModelFolder, ModelRegistry } from '../../inference/registry.ts';
import { type Verification, verifyModel } from '../../inference/verify.ts';
import type { ModelsContext } from './models.ts';

/** `flashmm models verify` */
export async function verifyModels(operands: readonly string[], given: ModelsContext): Promise<ExitCode> {
  const { registry, context } = given;
  const folders = operands.length === 0 ? registry.all() : operands.map((text) => folderOf(text, registry));
  const verifications: Verification[] = [];
  for (const folder of folders) {
    context.signal.throwIfAborted();
    const verification = await verified(folder);
    verifications.push(verification);
    if (!context.json) context.print(textOf(verification));
  }
  const passed = verifications.every((one) => one.passed);
  if (context.json) context.printJson({ passed, models: verifications });
  else if (folders.length === 0) context.print(`no models, neither shipped nor in ${registry.own}`);
  return passed ? EXIT.ok : EXIT.failure;
}

/** Verifies a model and lets go of it again. */
export async function verified(folder: ModelFolder): Promise<Verification> {
  const { verification, verified: model } = await verifyModel(folder, featuresHash(), openModel);
  await model?.open.close();
  return verification;
}

/** A model by its reference. @throws CommandError `usage` when the text is none, or there is no such model */
export function modelOf(text: string, registry: ModelRegistry): ModelFolder {
  const ref = parseRef(text);
  if (ref === undefined) throw new CommandError('usage', `model '${text}': expected ${REF_FORM}`);
  const folder = registry.find(ref);
  if (folder !== undefined) return folder;
  const known = registry.all().map((one) => refText(one.ref));
  throw new CommandError(
    'usage',
    `there is no model ${text}, neither shipped nor in ${registry.own}`,
    known.length === 0 ? 'There are none at all.' : `There are ${known.join(', ')}.`,
  );
}

/** A model by its reference or by its folder. */
function folderOf(text: string, registry: ModelRegistry): ModelFolder {
  if (parseRef(text) !== undefined || !existsSync(join(text, 'card.json'))) return modelOf(text, registry);
  const { domain, kind, version } = parseCard(readFileSync(join(text, 'card.json'), 'utf8'));
  return { ref: { domain, kind, version }, path: text, source: 'own' };
}

function textOf({ model, passed, path, checks }: Verification): string {
  const lines = checks.map(
    ({ name, passed: fine, detail }) => `  ${fine ? 'ok  ' : 'FAIL'} ${name.padEnd(14)}${detail}`,
  );
  return [`${model}  ${passed ? 'may serve' : 'may not serve'}  ${path}`, ...lines].join('\n');
}
