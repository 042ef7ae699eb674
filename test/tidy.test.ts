import { describe, expect, it } from 'vitest';
import { documentedExports, namedByMeaning, shortFiles, shortFunctions, testsAssert } from './tidy/form.ts';
import { nothingFromOutside } from './tidy/purity.ts';
import { insideOfRxjs, nothingFromTheWorkshop, productionPackages, streamsStayPure } from './tidy/rooms.ts';
import { parse, readRepository, type SourceRule, type TextFile, type Violation } from './tidy/source.ts';
import { marblesInTheirRoom, noLeftovers } from './tidy/words.ts';

const files = readRepository();
const sources = files.filter(({ path }) => path.endsWith('.ts')).map(parse);

function tidy(violations: readonly Violation[]): void {
  const lines = violations.map(({ path, line, advice }) => `${path}:${line}: ${advice}`);
  if (lines.length > 0) expect.fail(`${lines.length} to mend\n${lines.join('\n')}`);
  expect(lines).toEqual([]);
}

describe('the repository', () => {
  const sourceRules: Record<string, SourceRule> = {
    'streams/ imports nothing outside it, and its folders look upstream only': streamsStayPure,
    'streams/ touches no clock, chance, environment, log or promise': nothingFromOutside,
    'production code imports production packages': productionPackages,
    'production code imports nothing from tests, benches or marbles': nothingFromTheWorkshop,
    'the inside of RxJS is touched in one file': insideOfRxjs,
    'files have at most 400 lines': shortFiles,
    'functions have at most 70 lines': shortFunctions,
    'every exported name is documented': documentedExports,
    'every test file asserts something and leaves nothing out': testsAssert,
  };
  it.each(Object.entries(sourceRules))('%s', (_name, rule) => tidy(sources.flatMap(rule)));

  const fileRules: Record<string, (file: TextFile) => readonly Violation[]> = {
    'files and folders are named by meaning': namedByMeaning,
    'nothing unfinished and no path of one machine is left': noLeftovers,
    'every marble lies where it is executed': marblesInTheirRoom,
  };
  it.each(Object.entries(fileRules))('%s', (_name, rule) => tidy(files.flatMap(rule)));
});

describe('a rule finds', () => {
  const found = (rule: SourceRule, path: string, text: string): string[] =>
    rule(parse({ path, text })).map(({ line, advice }) => `${line}: ${advice}`);

  it('imports that leave the core, go downstream, wire stages or name strange packages', () => {
    const rooms = (text: string): number => found(streamsStayPure, 'streams/quotes/quotes.ts', text).length;
    expect(rooms("import { readFileSync } from 'node:fs';")).toBe(1);
    expect(rooms("import type { Inlet } from '../../src/venue/port.ts';")).toBe(1);
    expect(rooms("import { z } from 'zod';")).toBe(1);
    expect(rooms("const later = import('zod');")).toBe(1);
    expect(rooms("export { x } from '../risk/risk.ts';")).toBe(1);
    expect(rooms("import type { Approved } from '../risk/risk.ts';")).toBe(1);
    expect(rooms("import { fairValueStage } from '../fairvalue/stage.ts';")).toBe(1);
    expect(rooms("import { isOwn } from '../own.ts';")).toBe(1);
    expect(rooms("import { map } from 'rxjs/operators'; import { ladder } from '../market/ladder.ts';")).toBe(0);
    expect(rooms("import type { Own } from '../own.ts'; import type { Fill } from '../orders/types.ts';")).toBe(0);
  });

  it('clocks, chance, environment and promises, but not members of those names', () => {
    const outside = (text: string): string[] => found(nothingFromOutside, 'streams/risk/risk.ts', text);
    expect(outside('const t =\n Date.now();')).toEqual([
      "2: uses 'Date': take the time from the Clock that is handed in",
    ]);
    expect(outside('const x = Math.random();')).toHaveLength(1);
    expect(outside('const { env } = process; console.log(env);')).toHaveLength(2);
    expect(outside("import { delay, map } from 'rxjs/operators';")).toHaveLength(1);
    expect(outside('const f = async () => { await g(); };')).toHaveLength(1);
    expect(outside('const x = { process: 1 }; x.process; interface Y { Date: number }')).toEqual([]);
    expect(outside('export const shorthand = { process };')).toHaveLength(1);
  });

  it('packages that are not there in production, and the workshop', () => {
    expect(found(productionPackages, 'src/a.ts', "import fc from 'fast-check';")).toHaveLength(1);
    expect(found(productionPackages, 'src/a.ts', "import { Hono } from 'hono/tiny'; import 'node:fs';")).toEqual([]);
    expect(found(nothingFromTheWorkshop, 'src/a.ts', "import { x } from '../bench/x.ts';")).toHaveLength(1);
  });

  it('the inside of RxJS outside its file', () => {
    const text = "import { Subscriber } from 'rxjs';\nclass Mine extends Subscriber<number> {}";
    expect(found(insideOfRxjs, 'streams/actor/actor.ts', text)).toHaveLength(1);
    expect(found(insideOfRxjs, 'streams/actor/port.ts', text)).toEqual([]);
  });

  it('long files and long functions, but not long suites', () => {
    const body = 'f();\n'.repeat(70);
    expect(found(shortFiles, 'src/a.ts', 'f();\n'.repeat(401))).toHaveLength(1);
    expect(found(shortFunctions, 'src/a.ts', `function f() {\n${body}}`)).toHaveLength(1);
    expect(found(shortFunctions, 'src/a.ts', `function f() {\n${'f();\n'.repeat(68)}}`)).toEqual([]);
    expect(found(shortFunctions, 'src/a.test.ts', `describe('x', () => {\n${body}});`)).toEqual([]);
  });

  it('exports without a doc comment', () => {
    const docs = (text: string): number => found(documentedExports, 'src/a.ts', text).length;
    expect(docs('export const a = 1;')).toBe(1);
    expect(docs('// no doc\nexport type A = 1;')).toBe(1);
    expect(docs('/** A. */\nexport interface A {}\nexport function f() {}')).toBe(1);
    expect(docs('const a = 1; export { a };')).toBe(1);
    expect(
      docs('/** F. */\nexport function f(a: 1): 1;\nexport function f(a: 2): 2;\nexport function f(a: 3) {}'),
    ).toBe(0);
    expect(docs("export { b } from './b.ts';")).toBe(0);
  });

  it('tests that assert nothing or are left out', () => {
    expect(found(testsAssert, 'src/a.test.ts', "it('x', () => { f(); });")).toHaveLength(1);
    expect(found(testsAssert, 'src/a.test.ts', "it.skip('x', () => { expect(1).toBe(1); });")).toHaveLength(1);
    expect(found(testsAssert, 'src/a.test.ts', "it('x', () => fc.assert(p));")).toEqual([]);
  });

  it('vague names, leftovers and stray marbles', () => {
    expect(namedByMeaning({ path: 'src/string_utils.ts', text: '' })).toHaveLength(1);
    expect(namedByMeaning({ path: 'src/common/x.ts', text: '' })).toHaveLength(1);
    expect(noLeftovers({ path: 'README.md', text: `see /${'work'}/main and\n// ${'TO'}DO` })).toHaveLength(2);
    expect(noLeftovers({ path: 'README.md', text: 'net/work/main' })).toEqual([]);
    expect(marblesInTheirRoom({ path: 'docs/a.marble', text: '' })).toHaveLength(1);
  });
});
