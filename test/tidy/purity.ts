import type { Node } from 'oxc-parser';
import { at, isTest, type SourceRule, type Violation, walk } from './source.ts';

const CLOCK = 'take the time from the Clock that is handed in';
const EDGE = 'this belongs to the shell, src/';

/** Names that reach outside, and what to do instead. */
const OUTSIDE: ReadonlyMap<string, string> = new Map([
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].map(
    (name) => [name, CLOCK] as const,
  ),
  ...['process', 'console', 'fetch', 'globalThis', 'WebSocket', 'Promise'].map((name) => [name, EDGE] as const),
  ['crypto', 'take chance from the generator that is handed in'],
]);

/** What of RxJS reads the wall clock unless told otherwise, or costs too much for each event. */
const TIMED_OPERATORS = new Set(
  `asyncScheduler asapScheduler animationFrameScheduler interval timer delay delayWhen debounceTime throttleTime auditTime
   sampleTime bufferTime windowTime timeout timeoutWith timestamp timeInterval`.split(/\s+/),
);

/** No clock, chance, environment, log or promise is touched in `streams/`, not even through RxJS. */
export const nothingFromOutside: SourceRule = (source) => {
  if (!source.path.startsWith('streams/') || isTest(source)) return [];
  const found: Violation[] = source.imports
    .filter(({ specifier }) => specifier.startsWith('rxjs'))
    .flatMap(({ names, offset }) =>
      names
        .filter((name) => TIMED_OPERATORS.has(name))
        .map((name) => at(source, offset, `uses '${name}', which reads the wall clock: ${CLOCK}`)),
    );
  walk(source.program, (node, parent, key) => {
    if (node.type === 'MemberExpression' && isRandom(node)) {
      found.push(at(source, node.start, 'uses Math.random: take chance from the generator that is handed in'));
    }
    if (node.type === 'AwaitExpression') found.push(at(source, node.start, `waits for a promise: ${EDGE}`));
    if (node.type !== 'Identifier' || isName(parent, key)) return;
    const advice = OUTSIDE.get(node.name);
    if (advice !== undefined) found.push(at(source, node.start, `uses '${node.name}': ${advice}`));
  });
  return found;
};

function isRandom(node: Extract<Node, { type: 'MemberExpression' }>): boolean {
  const { object, property } = node;
  return (
    object.type === 'Identifier' &&
    object.name === 'Math' &&
    property.type === 'Identifier' &&
    property.name === 'random'
  );
}

/** Whether an identifier only names a member: `x.process`, `{ process: 1 }`, `process(): void` in a class or interface. */
function isName(parent: Node | undefined, key: string): boolean {
  if (parent === undefined || (key !== 'property' && key !== 'key')) return false;
  return !('computed' in parent && parent.computed);
}
