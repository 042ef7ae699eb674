/**
 * What `npm test` runs: lint and format, types, then every test, with one count of it all as the last line.
 *
 *     npm test                           everything
 *     npm test -- streams/market         the tests whose path contains one of the words
 *     npm test -- --marbles [name]       the marbles, or those whose title contains the name
 *     npm test -- -t "a name"            the tests whose name matches
 *
 * With a filter only the tests run. A filter that selects nothing is a failure.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

interface Selection {
  readonly paths: readonly string[];
  readonly name: string | undefined;
}

const BIN = join(import.meta.dirname, '..', 'node_modules', '.bin');

/** The checks besides the tests, each one of this repository's own tools. */
const CHECKS = [
  { name: 'lint and format (npm run format mends most)', tool: 'biome', args: ['check', '--error-on-warnings'] },
  { name: 'types', tool: 'tsc', args: ['-p', '.'] },
] as const;

function readSelection(args: string[]): Selection {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { marbles: { type: 'boolean' }, testNamePattern: { type: 'string', short: 't' } },
  });
  if (values.marbles === true) return { paths: ['marbles/marbles.test.ts'], name: positionals[0] };
  return { paths: positionals, name: values.testNamePattern };
}

function runChecks(count: Count): void {
  for (const { name, tool, args } of CHECKS) {
    const startMs = performance.now();
    const { status, stdout, stderr, error } = spawnSync(join(BIN, tool), args, { encoding: 'utf8' });
    const tookMs = Math.round(performance.now() - startMs);
    if (status === 0) {
      count.passed += 1;
      console.log(` ✓ ${name} ${tookMs} ms`);
    } else {
      count.failed += 1;
      console.log(` ✗ ${name}\n${stdout}${stderr}${error?.message ?? ''}`);
    }
  }
}

async function runTests({ paths, name }: Selection, count: Count): Promise<void> {
  // Not at the top: after an incomplete install the last line must still be a count.
  const { startVitest } = await import('vitest/node');
  const vitest = await startVitest('test', [...paths], {
    watch: false,
    ...(name === undefined ? {} : { testNamePattern: name }),
  });
  const { state } = vitest;
  let selected = 0;
  for (const module of state.getTestModules()) {
    // A module that could not be loaded has an error and no tests.
    if (module.errors().length > 0) count.failed += 1;
    for (const test of module.children.allTests()) {
      const result = test.result();
      // Vitest reports what a name filter leaves out as skipped; that is no news to whoever asked for it.
      if (result.state === 'skipped' && name !== undefined) continue;
      selected += 1;
      if (result.state === 'passed') count.passed += 1;
      else if (result.state === 'skipped') count.skipped += 1;
      else count.failed += 1;
    }
  }
  count.failed += state.getUnhandledErrors().length;
  if (selected === 0 && count.failed === 0) {
    console.log(` ✗ no test matches '${[...paths, ...(name === undefined ? [] : [name])].join(' ')}'`);
    count.failed += 1;
  }
  await vitest.close();
}

const count: Count = { passed: 0, failed: 0, skipped: 0 };
try {
  const selection = readSelection(process.argv.slice(2));
  if (selection.paths.length === 0 && selection.name === undefined) runChecks(count);
  await runTests(selection, count);
} catch (error) {
  console.log(` ✗ ${error instanceof Error ? error.message : String(error)}`);
  count.failed += 1;
}
const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
process.exit(count.failed > 0 ? 1 : 0);
