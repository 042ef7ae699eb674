import type { Node } from 'oxc-parser';
import { at, isTest, lineOf, type Source, type SourceRule, type TextFile, type Violation, walk } from './source.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

/** A file has at most 400 lines. */
export const shortFiles: SourceRule = (source) => {
  const lines = source.text.trimEnd().split('\n').length;
  if (lines <= FILE_LINES_MAX) return [];
  return [
    { path: source.path, line: FILE_LINES_MAX, advice: `${lines} lines, at most ${FILE_LINES_MAX}: split by meaning` },
  ];
};

/** A function has at most 70 lines, what it encloses included. The callbacks of `describe` are not functions in this sense. */
export const shortFunctions: SourceRule = (source) => {
  const found: Violation[] = [];
  walk(source.program, (node, parent) => {
    if (!/^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return;
    if (isTest(source) && parent?.type === 'CallExpression' && nameOfCall(parent) === 'describe') return;
    const lines = lineOf(source.text, node.end) - lineOf(source.text, node.start) + 1;
    if (lines <= FUNCTION_LINES_MAX) return;
    found.push(at(source, node.start, `a function of ${lines} lines, at most ${FUNCTION_LINES_MAX}: split by meaning`));
  });
  return found;
};

/** Every exported name is documented where it is defined. */
export const documentedExports: SourceRule = (source) => {
  if (isTest(source)) return [];
  return source.program.body.flatMap((node) => {
    if (node.type !== 'ExportNamedDeclaration' || node.source !== null) return [];
    const names = node.declaration === null ? ['{ … }'] : namesOf(node.declaration);
    if (node.declaration === null)
      return [at(source, node.start, 'exports a list: export each name where it is defined')];
    // The implementation of an overloaded function is documented at its first signature.
    if (isDocumented(source, node.start) || isLaterOverload(source, node, names[0])) return [];
    const advice = `exports ${names.join(', ')} without a doc comment: say what it is, its shapes, units and errors`;
    return [at(source, node.start, advice)];
  });
};

/** No file or folder is named after nothing in particular. */
export function namedByMeaning({ path }: TextFile): readonly Violation[] {
  const vague = path.split(/[/._-]/).find((word) => /^(?:utils?|helpers?|common|misc)$/i.test(word));
  return vague === undefined ? [] : [{ path, line: 1, advice: `'${vague}' says nothing: name it after what it holds` }];
}

/** Every test file asserts something, and leaves no test out. */
export const testsAssert: SourceRule = (source) => {
  if (!source.path.endsWith('.test.ts')) return [];
  const found: Violation[] = [];
  let asserts = false;
  walk(source.program, (node) => {
    if (node.type === 'CallExpression' && /^(?:expect|assert)/.test(nameOfCall(node))) asserts = true;
    if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return;
    if (!/^(?:it|test|describe)$/.test(nameOf(node.object))) return;
    if (!/^(?:only|skip|skipIf|runIf|todo)$/.test(node.property.name)) return;
    found.push(at(source, node.start, `'${node.property.name}' leaves tests out: a test that cannot run is a failure`));
  });
  return asserts ? found : [...found, { path: source.path, line: 1, advice: 'asserts nothing: expect something' }];
};

function namesOf(declaration: Node): string[] {
  if (declaration.type === 'VariableDeclaration') return declaration.declarations.map(({ id }) => nameOf(id));
  return 'id' in declaration && declaration.id !== null ? [nameOf(declaration.id as Node)] : ['default'];
}

function isDocumented({ comments, text }: Source, offset: number): boolean {
  return comments.some(
    ({ type, value, end }) =>
      type === 'Block' && value.startsWith('*') && end <= offset && text.slice(end, offset).trim() === '',
  );
}

function isLaterOverload({ program }: Source, node: Node, name: string | undefined): boolean {
  const before = program.body[program.body.indexOf(node as never) - 1];
  if (before?.type !== 'ExportNamedDeclaration' || before.declaration?.type !== 'TSDeclareFunction') return false;
  return namesOf(before.declaration)[0] === name;
}

/** `expect` of `expect(1)`, `expect.soft(1)`; `assert` of `fc.assert(…)`; `describe` of `describe.each([])('', …)`. */
function nameOfCall(call: Extract<Node, { type: 'CallExpression' }>): string {
  let callee: Node = call.callee;
  while (callee.type === 'CallExpression') callee = callee.callee;
  if (callee.type !== 'MemberExpression') return nameOf(callee);
  const root = nameOf(callee.object);
  return root === 'fc' ? nameOf(callee.property) : root;
}

function nameOf(node: Node): string {
  return node.type === 'Identifier' ? node.name : '';
}
