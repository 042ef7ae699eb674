import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileAccountStore } from './file_store.ts';
import { MemoryAccountStore } from './memory_store.ts';
import type { AccountStore } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'flashmm-account-store-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;

interface Kind {
  readonly name: string;
  make(): AccountStore;
  /** The same bytes, as the next process finds them. */
  again(store: AccountStore): AccountStore;
}

const folderOf = new Map<AccountStore, string>();

function filesIn(folder: string): FileAccountStore {
  const store = new FileAccountStore(folder);
  folderOf.set(store, folder);
  return store;
}

const kinds: readonly Kind[] = [
  { name: 'memory', make: () => new MemoryAccountStore(), again: (store) => (store as MemoryAccountStore).kill() },
  {
    name: 'files',
    make: () => {
      folders += 1;
      return filesIn(join(root, String(folders), 'deep'));
    },
    again: (store) => filesIn(folderOf.get(store)!),
  },
];

const bytes = (text: string): Buffer => Buffer.from(text);

describe.each(kinds)('an account store ($name)', ({ make, again }) => {
  it('begins empty, and refuses what needs a segment', async () => {
    const store = make();
    expect(store.segments()).toEqual([]);
    expect(() => store.append(bytes('x'))).toThrow(/not open for writing/);
    await expect(store.sync()).rejects.toThrow(/not open/);
    expect(() => store.read(1)).toThrow(/1/);
    expect(() => store.remove(1)).not.toThrow();
  });

  it('keeps what was appended, in order, for the next process', async () => {
    const store = make();
    store.create(1, bytes('one '));
    store.append(bytes('two '));
    await store.sync();
    store.append(bytes('three'));
    const next = again(store);
    expect(next.read(1).toString()).toBe('one two three');
    next.create(2, bytes('four '));
    next.append(bytes('five'));
    await next.sync();
    expect(again(next).read(2).toString()).toBe('four five');
  });

  it('has many segments, replaces one of the same number, deletes the old', () => {
    const store = make();
    for (const n of [1, 2, 10]) store.create(n, bytes(`segment ${n}`));
    store.append(bytes('!'));
    expect(store.segments()).toEqual([1, 2, 10]);
    store.create(10, bytes('anew'));
    store.remove(1);
    expect(store.segments()).toEqual([2, 10]);
    expect(store.read(10).toString()).toBe('anew');
    expect(store.read(2).toString()).toBe('segment 2');
  });

  it('is done with once closed, even while a sync is under way', async () => {
    const store = make();
    store.create(1, bytes('one'));
    const syncing = store.sync();
    store.close();
    store.close();
    await expect(syncing).resolves.toBeUndefined();
    expect(() => store.append(bytes('x'))).toThrow(/not open/);
    expect(store.read(1).toString()).toBe('one');
  });

  it('takes a mebibyte in small pieces', () => {
    const store = make();
    store.create(1, bytes(''));
    const piece = Buffer.alloc(1_024, 7);
    for (let i = 0; i < 1_024; i += 1) store.append(piece);
    expect(store.read(1).length).toBe(1_024 * 1_024);
  });
});

describe('the files of an account', () => {
  it('are for this user alone', () => {
    const folder = join(root, 'private');
    const store = new FileAccountStore(folder);
    store.create(1, bytes('secret'));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(store.pathOf(1)).mode & 0o777).toBe(0o600);
  });
});

describe('the imagined disk', () => {
  it('loses what was not forced to it, but for as much as one likes', async () => {
    const store = new MemoryAccountStore();
    store.create(1, bytes('safe'));
    store.append(bytes(' synced'));
    await store.sync();
    store.append(bytes(' lost'));
    expect(store.crash().read(1).toString()).toBe('safe synced');
    expect(store.crash(3).read(1).toString()).toBe('safe synced lo');
    expect(store.kill().read(1).toString()).toBe('safe synced lost');
  });

  it('refuses as often as it is told to, and an append that fails leaves half of it', async () => {
    const store = new MemoryAccountStore();
    store.create(1, bytes(''));
    store.fail('sync', 1);
    await expect(store.sync()).rejects.toThrow(/disk failed/);
    await expect(store.sync()).resolves.toBeUndefined();
    store.fail('append', 1);
    expect(() => store.append(bytes('1234'))).toThrow(/no space/);
    expect(store.read(1).toString()).toBe('12');
    store.fail('create', 1);
    expect(() => store.create(2, bytes('1234'))).toThrow(/no space/);
    expect(store.crash().read(2).toString()).toBe('');
    expect(store.calls).toEqual({ append: 1, sync: 2, create: 2 });
  });
});
