import { describe, expect, it } from 'vitest';
import { parseMarble } from './parse_marble.ts';
import { runMarble } from './run_marble.ts';

function run(subject: string, ...lines: string[]) {
  const header = ['title = T', 'sentence = S.', `subject = ${subject}`, 'column = 50 ms'];
  return runMarble(parseMarble('m.marble', [...header, ...lines].join('\n')));
}

const GRID = ['periodMs = 200', 'heartbeat = false'];

describe('runMarble', () => {
  it('finds a value that comes a column late, that is another, and that is missing', () => {
    const { comparisons } = run('sampleOnGrid', ...GRID, 'in  source   -ab-----c---', 'out samples  -----a------');
    expect(comparisons).toEqual([{ name: 'samples', expected: ['250 ms  a'], actual: ['200 ms  b'] }]);
  });

  it('compares by meaning: an emitted value that the legend does not know is shown as it is', () => {
    const lines = ['in  source   -a---', 'out samples  ----b', 'a = {"bid": 1}', 'b = {"bid": 2}'];
    const [samples] = run('sampleOnGrid', ...GRID, ...lines).comparisons;
    expect(samples).toEqual({ name: 'samples', expected: ['200 ms  b  {"bid":2}'], actual: ['200 ms  a  {"bid":1}'] });
  });

  it('delivers an input after the timers due at its instant', () => {
    const [ticks] = run('staleness', 'staleAfterMs = 100', 'in  source     v-v-', 'out freshness  abc-').comparisons;
    expect(ticks!.actual.map((line) => line.split('"')[1])).toEqual([
      'fresh since 0',
      'stale since 100',
      'fresh since 100',
    ]);
  });

  it('finds a subscription that lasts too long', () => {
    const { comparisons } = run('sampleOnGrid', ...GRID, 'in  source   --|', 'sub source   ^!', 'out samples  --|');
    expect(comparisons[1]).toEqual({
      name: 'subscriptions to source',
      expected: ['0 ms  subscribe', '50 ms  unsubscribe'],
      actual: ['0 ms  subscribe', '100 ms  unsubscribe'],
    });
  });

  it.each([
    ['sampleOnGrids', ['out samples  -a'], "m.marble:3:1: subject 'sampleOnGrids': expected sampleOnGrid, "],
    [
      'sampleOnGrid',
      [...GRID, 'in  spring   -a', 'out samples  -a'],
      "m.marble:7:1: 'in spring': expected one of source",
    ],
    ['sampleOnGrid', ['periodMs = "x"', 'heartbeat = true', 'out samples  -a'], 'm.marble:5:12: parameter periodMs'],
    ['sampleOnGrid', [...GRID, 'phase = 3', 'out samples  -a'], 'm.marble:7:9: parameter phase'],
    ['sampleOnGrid', ['periodMs = 200', 'out samples  -a'], 'm.marble:3:1: parameter heartbeat'],
    ['pipeline', ['in  chain    -b', 'out quotes   --', 'b = "bolck"'], "m.marble:7:5: 'b' as a value of chain"],
  ])('names the place where a marble does not fit %s', (subject, lines, message) => {
    expect(() => run(subject, ...lines)).toThrow(message);
  });
});
