import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Comment, type Node, type ParseResult, parseSync, visitorKeys } from 'oxc-parser';

const ROOT = join(import.meta.dirname, '..', '..');

/** One text file of the repository. `path` is relative to its root, with slashes. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** A TypeScript file, parsed. */
export interface Source extends TextFile {
  readonly program: ParseResult['program'];
  readonly imports: readonly Import[];
  readonly comments: readonly Comment[];
}

/** One `import … from`, `export … from` or `import()`; `typeOnly` when nothing of it is left at run time. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly names: readonly string[];
  readonly offset: number;
}

/** What a rule found: where, and what to do about it. */
export interface Violation {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly advice: string;
}

/** A rule about TypeScript files. */
export type SourceRule = (source: Source) => readonly Violation[];

const TEXT = /\.(?:ts|js|json|md|marble|toml|ya?ml|txt|sh|py|html|css|svg)$|(?:^|\/)[^./]+$|(?:^|\/)\.[^/]+$/;

/** Every text file of the repository that exists and that git does not ignore, fixtures excepted: they are others' bytes. */
export function readRepository(): readonly TextFile[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed
    .split('\0')
    .filter((path) => TEXT.test(path) && !path.includes('/fixtures/') && path !== 'package-lock.json')
    .filter((path) => existsSync(join(ROOT, path)))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** @throws SyntaxError when the file is not TypeScript */
export function parse({ path, text }: TextFile): Source {
  const { program, module, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const imports = [
    ...module.staticImports.map(({ moduleRequest, entries, start }) => ({
      specifier: moduleRequest.value,
      typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
      names: entries.map((entry) => entry.importName.name ?? '*'),
      offset: start,
    })),
    ...module.staticExports.flatMap(({ entries, start }) =>
      entries.flatMap((entry) =>
        entry.moduleRequest === null
          ? []
          : [{ specifier: entry.moduleRequest.value, typeOnly: entry.isType, names: ['*'], offset: start }],
      ),
    ),
    ...module.dynamicImports.map(({ moduleRequest, start }) => ({
      specifier: text.slice(moduleRequest.start, moduleRequest.end).replace(/^['"`]|['"`]$/g, ''),
      typeOnly: false,
      names: ['*'],
      offset: start,
    })),
  ];
  return { path, text, program, comments, imports };
}

/** Calls `visit` for every node, parents first; `key` is the field of the parent that holds it. */
export function walk(root: Node, visit: (node: Node, parent: Node | undefined, key: string) => void): void {
  const step = (node: Node, parent: Node | undefined, key: string): void => {
    visit(node, parent, key);
    for (const childKey of visitorKeys[node.type] ?? []) {
      const child = (node as unknown as Record<string, Node | (Node | null)[] | null | undefined>)[childKey];
      if (Array.isArray(child)) for (const one of child) one !== null && step(one, node, childKey);
      else if (child !== null && child !== undefined) step(child, node, childKey);
    }
  };
  step(root, undefined, '');
}

/** @returns the line of an offset, counted from 1 */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** A violation at an offset of a file. */
export function at(file: TextFile, offset: number, advice: string): Violation {
  return { path: file.path, line: lineOf(file.text, offset), advice };
}

/** Whether it is a test, which may use what only tests may. */
export function isTest({ path }: TextFile): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/');
}
