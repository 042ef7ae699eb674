import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AccountInUseError, AccountLock } from './lock.ts';

const root = mkdtempSync(join(tmpdir(), 'flashmm-account-lock-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('the lock of an account', () => {
  it('is for one holder, and free again once released', () => {
    const folder = join(root, 'one');
    const lock = new AccountLock(folder);
    expect(() => new AccountLock(folder)).toThrow(AccountInUseError);
    expect(() => new AccountLock(folder)).toThrow(new RegExp(`process ${process.pid}, since 2`));
    lock.release();
    lock.release();
    const again = new AccountLock(folder);
    expect(() => new AccountLock(folder)).toThrow(AccountInUseError);
    again.release();
  });

  it('ends with a process that is killed', async () => {
    const folder = join(root, 'killed');
    const script = `import { AccountLock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)};
      globalThis.lock = new AccountLock(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout!, 'data');
    expect(() => new AccountLock(folder)).toThrow(new RegExp(`process ${child.pid}`));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(() => new AccountLock(folder).release()).not.toThrow();
  });
});
