import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url).pathname;
const page = (path: string): string => readFileSync(join(root, path), 'utf8');
const readme = page('README.md');
const guide = page('docs/operating.md');
const folder = mkdtempSync(join(tmpdir(), 'flashmm-readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Lines of the shell blocks. */
const linesOf = (text: string): string[] =>
  [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.trim().split(/\n */));
const lines = linesOf(readme);
const flashmm = [...lines, ...linesOf(guide)]
  .filter((line) => line.startsWith('npx flashmm '))
  .map((line) => line.split(' ').slice(2));

describe('the README and the guide for operators', () => {
  it('has commands, and its two first ones are scripts of the package', () => {
    expect(lines.slice(0, 2)).toEqual(['npm ci && npm start', 'npm test']);
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test']));
    expect(flashmm.length).toBeGreaterThan(2);
  });

  // A command that goes on until it is stopped, or needs the internet, is stopped by its own help.
  it.each(flashmm.map((args) => [args.join(' '), args] as const))('flashmm %s is understood', (_line, args) => {
    const ends = args[0] === 'backtest' ? [] : ['--help'];
    const { status, stderr } = spawnSync(process.execPath, ['src/cli/flashmm.js', ...args, ...ends], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
  });

  it('links to what is there', () => {
    const linksOf = (text: string, folder: string): string[] =>
      [...text.matchAll(/\]\(([^)#]+)\)/g)]
        .map(([, link]) => link!)
        .filter((link) => !link.startsWith('http'))
        .map((link) => join(root, folder, link));
    const links = [...linksOf(readme, '.'), ...linksOf(guide, 'docs')];
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
  });
});
