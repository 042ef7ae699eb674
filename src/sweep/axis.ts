import { z } from 'zod';
import { STRATEGIES } from '../backtest/strategies.ts';
import { KNOWN_KEYS, type KnownKey, withoutDefault } from '../config/keys.ts';
import { didYouMean } from '../config/nearest.ts';
import { CommandError } from '../exit/command_error.ts';

/** One key of the configuration that a sweep varies: over a list, or, in a random search, within a range. */
export type Axis =
  | { readonly kind: 'list'; readonly key: string; readonly values: readonly string[] }
  | {
      readonly kind: 'range';
      readonly key: string;
      readonly from: number;
      readonly to: number;
      readonly scale: 'linear' | 'log';
      /** Whether only whole numbers are drawn. */
      readonly whole: boolean;
    };

/** The sections that a backtest goes by: varying anything else would run the same thing again and again. */
export const SWEPT_SECTIONS = ['sampling', 'quotes', 'risk', 'breakers', 'inference', 'watching', 'orders', 'backtest'];

/** What is varied when the strategies themselves are compared: no key of the configuration. */
export const STRATEGY = 'strategy';

/** As the configuration's own flags have it. */
const RANGE = /^(-?[\d.]+(?:e-?\d+)?)\.\.(-?[\d.]+(?:e-?\d+)?)(?::(log|linear))?$/i;

/**
 * `quotes.gamma=0.1,0.2,0.5`, `quotes.gamma=0.01..1` or `quotes.gamma=0.01..1:log`.
 *
 * @throws CommandError (`usage`) that names the key, the value and what was expected
 */
export function axisOfText(text: string): Axis {
  const split = text.indexOf('=');
  const [key, given] = [text.slice(0, split).trim(), text.slice(split + 1).trim()];
  if (split < 1) throw wrong(text, 'expected KEY=VALUE,VALUE,… or KEY=FROM..TO');
  const range = RANGE.exec(given);
  if (range === null) return listAxis(key, given === '' ? [] : given.split(','));
  return rangeAxis(key, Number(range[1]), Number(range[2]), range[3]?.toLowerCase() === 'log' ? 'log' : 'linear');
}

/** A list of values, each as text. @throws CommandError (`usage`) for an unknown key, an empty list, a value that is there twice */
export function listAxis(key: string, values: readonly string[]): Axis {
  const trimmed = values.map((value) => value.trim());
  if (trimmed.length === 0 || trimmed.includes('')) throw wrong(key, 'expected at least one value, and none empty');
  const twice = trimmed.find((value, i) => trimmed.indexOf(value) !== i);
  if (twice !== undefined) throw wrong(key, `${twice} is there twice: each value would count as a trial`);
  if (key !== STRATEGY) sweptKey(key);
  const unknown = key === STRATEGY ? trimmed.find((value) => !STRATEGIES.includes(value)) : undefined;
  if (unknown !== undefined) throw wrong(key, `${unknown}: expected some of ${STRATEGIES.join(', ')}`);
  return { kind: 'list', key, values: trimmed };
}

/** A range to draw from. @throws CommandError (`usage`) for an unknown key, one that is no number, an empty range */
export function rangeAxis(key: string, from: number, to: number, scale: 'linear' | 'log'): Axis {
  const { schema } = sweptKey(key);
  const inner = withoutDefault(schema);
  const decimal = inner instanceof z.ZodPipe;
  if (!(inner instanceof z.ZodNumber) && !decimal)
    throw wrong(key, 'a range is for numbers: expected a list of values');
  if (!(from < to)) throw wrong(key, `${from}..${to}: expected the lesser number first`);
  if (scale === 'log' && from <= 0) throw wrong(key, `${from}..${to}: a range of scale log begins above 0`);
  return { kind: 'range', key, from, to, scale, whole: inner instanceof z.ZodNumber && inner.isInt };
}

/** The value that a number from 0 to 1 stands for, with six significant digits: what the table shows is what was run. */
export function drawn(axis: Axis, share: number): string {
  if (axis.kind === 'list') return axis.values[Math.floor(share * axis.values.length)]!;
  const { from, to, scale, whole } = axis;
  if (whole) return String(Math.ceil(from) + Math.floor(share * (Math.floor(to) - Math.ceil(from) + 1)));
  const value = scale === 'log' ? from * (to / from) ** share : from + share * (to - from);
  return String(Number(value.toPrecision(6)));
}

function sweptKey(key: string): KnownKey {
  const known = KNOWN_KEYS.get(key);
  const swept = [...KNOWN_KEYS.keys()].filter((path) => SWEPT_SECTIONS.includes(path.split('.')[0]!));
  if (known === undefined) throw wrong(key, `unknown key${didYouMean(key, swept)}`);
  if (!swept.includes(key)) {
    throw wrong(key, `does nothing in a backtest: expected a key of ${SWEPT_SECTIONS.join(', ')}`);
  }
  return known;
}

function wrong(what: string, message: string): CommandError {
  return new CommandError('usage', `vary ${what}: ${message}`, 'Every key is in docs/configuration.md.');
}
