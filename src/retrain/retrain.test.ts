import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HorizonEvaluation } from '../dataset/evaluate.ts';
import { isBetter } from './better.ts';
import { train } from './python.ts';
import { answerRequest, leaveRequest, readRequests, requestsFolder } from './requests.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flashmm-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a request to train', () => {
  const request = { kind: 'retrainRequest', seq: 1, causes: [], market: 'AAA', model: 'sei-trees/1' } as const;

  it('waits as one file a model, the newest wish in it, until it is answered', () => {
    leaveRequest(folder, { ...request, timeUs: 1_700_000_000_000_000, detail: 'PSI' });
    leaveRequest(folder, { ...request, timeUs: 1_700_000_100_000_000, detail: 'accuracy' });
    const at = '2023-11-14T22:15:00.000Z';
    const [waiting] = readRequests(folder);
    expect(waiting).toEqual({
      format: 'flashmm-retrain/1',
      model: 'sei-trees/1',
      market: 'AAA',
      at,
      detail: 'accuracy',
    });
    answerRequest(folder, waiting!);
    expect(readRequests(folder)).toEqual([]);
    expect(readdirSync(requestsFolder(folder))).toEqual([]);
  });

  it('that is none says which file and why', () => {
    leaveRequest(folder, { ...request, timeUs: 0, detail: '' });
    writeFileSync(join(requestsFolder(folder), 'x.json'), '{"format":"flashmm-retrain/1","model":"x"}');
    expect(() => readRequests(folder)).toThrow(
      /x\.json: no retraining request: model: expected a model and its version/,
    );
  });
});

/** An evaluation of one horizon: side of moves and macro-F1 with half an interval. */
function figures(direction: number, macroF1: number, half = 0.02): readonly HorizonEvaluation[] {
  const about = (mean: number) => ({ mean, low: mean - half, high: mean + half });
  const judge = { macroF1: about(macroF1), directionAccuracy: about(direction) };
  return [{ horizonMs: 500, n: 1_000, moves: 300, model: judge, imbalance: judge, majority: judge }];
}

describe('a candidate', () => {
  it('is better only beyond its interval, and with a macro-F1 that has not fallen', () => {
    expect(isBetter(figures(0.75, 0.5), figures(0.7, 0.5))).toMatchObject({ better: true });
    expect(isBetter(figures(0.71, 0.5), figures(0.7, 0.5)).reason).toMatch(/^not better beyond the interval/);
    expect(isBetter(figures(0.75, 0.4), figures(0.7, 0.5)).reason).toBe(
      'worse macro-F1 at 500 ms: 0.400 (0.380 to 0.420), was 0.500',
    );
  });
});

describe('training', () => {
  const plan = { data: ['a.arrow'], out: 'out', domain: 'sei', kinds: ['trees'], version: 2, seed: 1 } as const;
  const { signal } = new AbortController();

  function python(script: string): string {
    const path = join(folder, 'python');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it('says what is missing and what to do where Python is not ready', async () => {
    const missing = train(join(folder, 'none'), plan, () => {}, signal, folder);
    await expect(missing).rejects.toThrow(/cannot run the training project .*requirements\.lock; or name another/);
  });

  it('tells progress, and which kinds are fit to serve', async () => {
    const lines: string[] = [];
    const program = python(`[ "$1" = -c ] && exit 0; echo "fold 1" >&2; echo '{"domain":"sei","ranked":["trees"]}'`);
    expect(await train(program, plan, (line) => lines.push(line), signal, folder)).toMatchObject({ ranked: ['trees'] });
    expect(lines).toEqual(['fold 1']);
  });

  it('that fails gives its last words', async () => {
    const program = python('[ "$1" = -c ] && exit 0; echo "bad dataset" >&2; exit 1');
    await expect(train(program, plan, () => {}, signal, folder)).rejects.toThrow(
      'training failed with status 1: bad dataset',
    );
  });
});
