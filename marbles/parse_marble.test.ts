import { describe, expect, it } from 'vitest';
import { parseMarble } from './parse_marble.ts';

const HEADER = ['title = T', 'sentence = S.', 'subject = conflate', 'column = 50 ms'];

function parsed(...lines: string[]) {
  return parseMarble('m.marble', [...HEADER, ...lines].join('\n'));
}

describe('parseMarble', () => {
  it('reads header, timelines and legend, with the places of everything', () => {
    const marble = parsed(
      'maxKeys = 2',
      '',
      '# comment',
      'in  source  -a(bc)-|',
      'out out     --b#',
      '',
      'a = {"x": 1}',
    );
    expect(marble).toMatchObject({ title: 'T', sentence: 'S.', columnMs: 50, durationMs: 400 });
    expect(marble.subject).toEqual({ name: 'conflate', line: 3 });
    expect([...marble.parameters]).toEqual([['maxKeys', { value: 2, line: 5, column: 11 }]]);
    expect([...marble.legend]).toEqual([['a', { value: { x: 1 }, line: 11, column: 5 }]]);
    expect(marble.timelines.map(({ role, name }) => `${role} ${name}`)).toEqual(['in source', 'out out']);
    expect(marble.timelines[0]!.marks.map(({ kind, symbol, timeMs }) => [kind, symbol, timeMs])).toEqual([
      ['next', 'a', 50],
      ['next', 'b', 100],
      ['next', 'c', 100],
      ['complete', '|', 350],
    ]);
    expect(marble.timelines[1]!.marks[1]).toEqual({ kind: 'error', symbol: '#', timeMs: 150, line: 9, column: 16 });
  });

  it('goes on with a stream that is named again', () => {
    const { timelines } = parsed('out a  -b--|', 'out a  --c');
    expect(timelines.length).toBe(1);
    expect(timelines[0]!.marks.map(({ symbol }) => symbol)).toEqual(['b', 'c', '|']);
  });

  it('reads subscriptions', () => {
    const { timelines } = parsed('sub a  -^-!', 'out a  ----');
    expect(timelines[0]!.marks.map(({ kind, timeMs }) => [kind, timeMs])).toEqual([
      ['subscribe', 50],
      ['unsubscribe', 150],
    ]);
  });

  it.each([
    [['out a  -b c'], "m.marble:5:10: ' ': expected '-', a letter or digit"],
    [['out a  -(b-)'], "m.marble:5:11: '-' inside a group"],
    [['out a  -((b'], 'm.marble:5:10: a group inside a group'],
    [['out a  -(b'], "m.marble:5:9: '(' without ')'"],
    [['out a  -b)'], "m.marble:5:10: ')' without '('"],
    [['out a  -|-'], "m.marble:5:10: '-' after the end of 'a'"],
    [['out a  -^-'], "m.marble:5:9: '^' does not belong on a line 'out'"],
    [['sub a  -b-'], "m.marble:5:9: 'b' does not belong on a line 'sub'"],
    [['out a  -b', 'in  b   -c'], "m.marble:6:9: 'b' begins in column 9, not 8"],
    [['in  a  -b'], "m.marble:1:1: nothing is expected: no line 'out'"],
    [[], 'm.marble:1:1: nothing is drawn'],
    [['out a  -b', 'c = 1'], "m.marble:6:1: 'c' stands for something, but is never drawn"],
    [['out a  -b', 'b = one'], "m.marble:6:5: 'one' is no JSON"],
    [['out a  -b', 'b = 1', 'b = 2'], "m.marble:7:1: 'b' is given twice"],
    [['out a  -b', 'b = 1', 'in  c  -b'], 'm.marble:7:1: a timeline after the legend'],
    [['what is this'], "m.marble:5:1: 'what is this': expected 'key = value'"],
  ])('names file, line and column: %j', (lines, message) => {
    expect(() => parsed(...lines)).toThrow(message);
  });

  it.each([
    ['column = 0 ms', "m.marble:4:10: column '0 ms'"],
    ['column = 50', "m.marble:4:10: column '50'"],
    ['column =', "m.marble:4:9: 'column' is empty"],
  ])('refuses %s', (column, message) => {
    const text = [...HEADER.slice(0, 3), column, 'out a  -b'].join('\n');
    expect(() => parseMarble('m.marble', text)).toThrow(message);
  });

  it('misses what a header must have', () => {
    expect(() => parseMarble('m.marble', 'column = 1 ms\nout a  -b')).toThrow("m.marble:1:1: 'title' is missing");
  });
});
