import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newSession, sessionsIn } from './sessions.ts';

it('names sessions after their start and keeps the newest', () => {
  const root = mkdtempSync(join(tmpdir(), 'flashmm-sessions-'));
  mkdirSync(join(root, 'something-else'));
  try {
    const names: string[] = [];
    for (let day = 0; day < 5; day += 1) {
      const { session, directory } = newSession(root, Date.UTC(2024, 7, 8 + day, 12, 30, 59) * 1_000, 3);
      mkdirSync(directory);
      names.push(session);
    }
    expect(names[0]).toMatch(/^20240808T123059Z-/);
    expect(sessionsIn(root)).toEqual(names.slice(2));
    newSession(root, 0, 1);
    expect(sessionsIn(root)).toEqual([]);
    expect(existsSync(join(root, 'something-else'))).toBe(true);
  } finally {
    rmSync(root, { recursive: true });
  }
});
