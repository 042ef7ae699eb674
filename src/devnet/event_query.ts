import type { AbciEvent } from './tx.ts';

/** Events as subscriptions and searches see them: `place_order.order_id` → all values, in order. */
export type EventMap = ReadonlyMap<string, readonly string[]>;

/** Longest query the node reads, as in Tendermint. */
const QUERY_MAX_LENGTH = 512;
/** Tendermint's queries join conditions with AND only; no real one has many. */
const CONDITIONS_MAX = 16;

type Operator = '=' | '<' | '<=' | '>' | '>=' | 'CONTAINS' | 'EXISTS';

interface Condition {
  readonly key: string;
  readonly operator: Operator;
  readonly value: string;
  readonly numeric: boolean;
}

/** A parsed query: whether it matches, and the text it came from. */
export interface EventQuery {
  readonly text: string;
  matches(events: EventMap): boolean;
  /** The value demanded of a key by `=`, if any. */
  equal(key: string): string | undefined;
}

// A tag is letters, digits, underscores and dots; a hyphen is not part of it, which is why `sudo-gas` can't be asked for.
const CONDITION =
  /^\s*([A-Za-z_][\w.]*)\s*(?:(EXISTS)|(CONTAINS)\s*'([^']*)'|(<=|>=|=|<|>)\s*(?:'([^']*)'|(-?\d+(?:\.\d+)?)))\s*$/;

/**
 * Parses Tendermint's event query language: `tm.event='NewBlock' AND sudo._contract_address='ADDR'`,
 * `place_order.order_id EXISTS`, `tx.height>5`.
 *
 * @throws RangeError saying where the query could not be read
 */
export function parseEventQuery(text: string): EventQuery {
  if (text.length > QUERY_MAX_LENGTH) throw new RangeError(`query longer than ${QUERY_MAX_LENGTH} characters`);
  const parts = splitConditions(text);
  if (parts.length > CONDITIONS_MAX) throw new RangeError(`query with more than ${CONDITIONS_MAX} conditions`);
  const conditions = parts.map(parseCondition);
  return {
    text,
    matches: (events) => conditions.every((condition) => holds(condition, events)),
    equal: (key) => conditions.find((condition) => condition.key === key && condition.operator === '=')?.value,
  };
}

/** The event map of a block or transaction, with the keys the node itself adds. */
export function eventMap(events: readonly AbciEvent[], own: Readonly<Record<string, string>>): EventMap {
  const map = new Map<string, string[]>(Object.entries(own).map(([key, value]) => [key, [value]]));
  for (const { type, attributes } of events) {
    for (const [key, value] of attributes) {
      const name = `${type}.${key}`;
      const values = map.get(name);
      if (values === undefined) map.set(name, [value]);
      else values.push(value);
    }
  }
  return map;
}

/** Splits at AND outside of quotes. */
function splitConditions(text: string): string[] {
  const parts = [''];
  for (const token of text.split(/('[^']*'|\sAND\s)/)) {
    if (/^\sAND\s$/.test(token)) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}

function parseCondition(text: string): Condition {
  const match = CONDITION.exec(text);
  if (match === null) throw new RangeError(`failed to parse query: parse error near ${JSON.stringify(text.trim())}`);
  const [, key, exists, contains, part, comparison, quoted, number] = match;
  const operator = (exists ?? contains ?? comparison) as Operator;
  return { key: key!, operator, value: part ?? quoted ?? number ?? '', numeric: number !== undefined };
}

function holds({ key, operator, value, numeric }: Condition, events: EventMap): boolean {
  const values = events.get(key);
  if (operator === 'EXISTS')
    return values !== undefined || [...events.keys()].some((name) => name.startsWith(`${key}.`));
  if (values === undefined) return false;
  switch (operator) {
    case 'CONTAINS':
      return values.some((actual) => actual.includes(value));
    case '=':
      return values.some((actual) => (numeric ? Number(actual) === Number(value) : actual === value));
    case '<':
      return values.some((actual) => Number(actual) < Number(value));
    case '<=':
      return values.some((actual) => Number(actual) <= Number(value));
    case '>':
      return values.some((actual) => Number(actual) > Number(value));
    case '>=':
      return values.some((actual) => Number(actual) >= Number(value));
  }
}
