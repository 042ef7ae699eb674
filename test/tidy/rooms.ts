import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { at, isTest, type Source, type SourceRule, type Violation, walk } from './source.ts';

/** The folders of `streams/` in the order of dependence: each may import from itself and from those before it. */
const ORDER = [
  'clock',
  'actor',
  'operators',
  'market',
  'features',
  'fairvalue',
  'labels',
  'predictions',
  'guard',
  'quotes',
  'trading',
  'risk',
  'orders',
  'fills',
  'report',
  'simulation',
  'baselines',
] as const;

/** The packages that the functional core may use. */
const CORE_PACKAGES = new Set(['rxjs']);

/** The one file that knows the inside of RxJS. */
const RXJS_INSIDE = 'streams/actor/port.ts';

const PRODUCTION_PACKAGES = new Set(
  Object.keys(
    (
      JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as {
        dependencies: Record<string, string>;
      }
    ).dependencies,
  ),
);

/** `streams/` imports neither the shell nor Node nor packages besides its few, and its folders look upstream only. */
export const streamsStayPure: SourceRule = (source) => {
  if (!source.path.startsWith('streams/')) return [];
  return source.imports.flatMap((one): Violation[] => {
    const { specifier, offset } = one;
    if (specifier.startsWith('.')) {
      const target = posix.join(posix.dirname(source.path), specifier);
      if (target.startsWith('streams/')) return orderOf(source, target, one);
      if (isTest(source) && target.startsWith('test/')) return [];
      return [
        at(source, offset, `streams/ imports ${target}: the core imports nothing outside it; hand it in instead`),
      ];
    }
    if (isTest(source) || CORE_PACKAGES.has(packageOf(specifier))) return [];
    return [at(source, offset, `streams/ imports '${specifier}': only ${[...CORE_PACKAGES].join(', ')} may be`)];
  });
};

function orderOf(source: Source, target: string, { typeOnly, offset }: Source['imports'][number]): Violation[] {
  const [from, to] = [folderOf(source.path), folderOf(target)];
  if (isTest(source) || from === undefined || from === to) return [];
  if (to === undefined) {
    return typeOnly ? [] : [at(source, offset, `imports ${target}: of the compositions and contracts, types only`)];
  }
  const [fromRank, toRank] = [ORDER.indexOf(from as never), ORDER.indexOf(to as never)];
  if (fromRank < 0)
    return [at(source, offset, `streams/${from} has no place in the order: add it to ORDER in test/tidy`)];
  if (target.endsWith('/types.ts') && typeOnly) return [];
  if (toRank > fromRank) {
    return [at(source, offset, `${from} imports from ${to}, which lies downstream: move what both need upstream`)];
  }
  if (target.endsWith('/stage.ts'))
    return [at(source, offset, `imports the stage ${to}: stages meet in a composition`)];
  return [];
}

/** Outside tests, only what `package.json` lists under `dependencies` is imported: the rest is not there in production. */
export const productionPackages: SourceRule = (source) => {
  if (!/^(?:streams|src)\//.test(source.path) || isTest(source)) return [];
  return source.imports.flatMap(({ specifier, typeOnly, offset }) => {
    if (typeOnly || specifier.startsWith('.') || specifier.startsWith('node:')) return [];
    if (PRODUCTION_PACKAGES.has(packageOf(specifier))) return [];
    return [
      at(source, offset, `imports '${specifier}', which is not under "dependencies": npm i ${packageOf(specifier)}`),
    ];
  });
};

/** Product code never leans on tests, benches or marbles. */
export const nothingFromTheWorkshop: SourceRule = (source) => {
  if (!/^(?:streams|src)\//.test(source.path) || isTest(source)) return [];
  return source.imports.flatMap(({ specifier, offset }) => {
    if (!specifier.startsWith('.')) return [];
    const target = posix.join(posix.dirname(source.path), specifier);
    if (!/^(?:test|bench|marbles)\/|\.test\.ts$/.test(target)) return [];
    return [at(source, offset, `imports ${target}: move what is needed into streams/ or src/`)];
  });
};

/** Subclasses of `Subscriber` and paths below `rxjs/internal` live in one file. */
export const insideOfRxjs: SourceRule = (source) => {
  if (source.path === RXJS_INSIDE) return [];
  const found: Violation[] = source.imports
    .filter(({ specifier }) => /^rxjs\/(?:dist|src|internal)/.test(specifier))
    .map(({ specifier, offset }) => at(source, offset, `imports '${specifier}': only ${RXJS_INSIDE} may`));
  walk(source.program, (node) => {
    if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return;
    if (node.superClass?.type !== 'Identifier' || node.superClass.name !== 'Subscriber') return;
    found.push(at(source, node.start, `subclasses Subscriber: use one of those in ${RXJS_INSIDE}, or add it there`));
  });
  return found;
};

function folderOf(path: string): string | undefined {
  const parts = path.split('/');
  return parts.length > 2 ? parts[1] : undefined;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
