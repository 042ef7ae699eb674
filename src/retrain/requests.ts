import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { RetrainRequest } from '../../streams/predictions/predictions.ts';
import { parseRef } from '../inference/model_format.ts';

/** A wish to train a model anew, as a session leaves it in its state folder. */
export interface RequestFile {
  readonly format: 'flashmm-retrain/1';
  /** Name and version of the model that has drifted. */
  readonly model: string;
  readonly market: string;
  /** When it was asked for, ISO 8601. */
  readonly at: string;
  /** What has drifted, with numbers. */
  readonly detail: string;
}

const schema: z.ZodType<RequestFile> = z.strictObject({
  format: z.literal('flashmm-retrain/1'),
  model: z.string().refine((text) => parseRef(text) !== undefined, { error: 'expected a model and its version' }),
  market: z.string(),
  at: z.iso.datetime(),
  detail: z.string(),
});

/** Where the requests of a state folder are. */
export function requestsFolder(stateDir: string): string {
  return join(stateDir, 'retrain');
}

/** Leaves a request: one file a model, the newest wish in it. Readers see all of it or none. @throws Error of the file system */
export function leaveRequest(stateDir: string, { model, market, timeUs, detail }: RetrainRequest): void {
  const folder = requestsFolder(stateDir);
  mkdirSync(folder, { recursive: true });
  const at = new Date(Math.floor(timeUs / 1_000)).toISOString();
  const path = join(folder, `${model.replace('/', '-')}.json`);
  const file: RequestFile = { format: 'flashmm-retrain/1', model, market, at, detail };
  writeFileSync(`${path}.tmp`, `${JSON.stringify(file, null, 2)}\n`);
  renameSync(`${path}.tmp`, path);
}

/**
 * The requests that wait, by their file's name.
 *
 * @throws Error naming a file that is none, and what is wrong with it
 */
export function readRequests(stateDir: string): readonly RequestFile[] {
  const folder = requestsFolder(stateDir);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => {
    const path = join(folder, name);
    try {
      return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch (error) {
      const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
      const why = issue === undefined ? (error as Error).message : `${issue.path.join('.')}: ${issue.message}`;
      throw new Error(`${path}: no retraining request: ${why}`);
    }
  });
}

/** Takes a request away: it has been answered. */
export function answerRequest(stateDir: string, { model }: RequestFile): void {
  rmSync(join(requestsFolder(stateDir), `${model.replace('/', '-')}.json`), { force: true });
}
