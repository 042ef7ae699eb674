import { readFileSync, statSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { CommandError } from '../exit/command_error.ts';
import { fromText, KNOWN_KEYS } from './keys.ts';
import { didYouMean } from './nearest.ts';
import { type Config, configSchema, crossChecks, marketSchema, SECTIONS } from './schema.ts';
import { REDACTED } from './secret.ts';

/** Read from the working directory when neither `--config` nor `FLASHMM_CONFIG` names another. */
export const DEFAULT_FILE = 'flashmm.toml';

/** A configuration is a page or two; anything bigger is the wrong file. */
const FILE_MAX_BYTES = 1_048_576;
/** More problems than these are not shown at once. */
const PROBLEMS_SHOWN_MAX = 12;
/** Values in messages are cut to this. */
const VALUE_SHOWN_MAX = 60;

/** A value from a flag: `--set KEY=VALUE`, or an option that stands for a key. */
export interface FlagSetting {
  readonly path: string;
  readonly text: string;
  /** How the user wrote it, `--log-level`. */
  readonly from: string;
}

/** Where the configuration comes from. Nothing else is read. */
export interface ConfigSources {
  /** The file named by `--config`; it must exist. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: readonly FlagSetting[];
  /** Leaves the default file unread: the defaults alone. */
  readonly withoutFile?: true;
}

/** The effective configuration and where each value came from. */
export interface LoadedConfig {
  readonly config: Config;
  /** By path: `default`, `flashmm.toml`, `environment LOG_LEVEL`, `--set risk.max_position_usdc`. */
  readonly origins: ReadonlyMap<string, string>;
  /** The file that was read, or undefined when there is none. */
  readonly file: string | undefined;
}

/** Values by section and key while they are being gathered, with what was wrong so far. */
interface Gathered {
  readonly sections: Record<string, Record<string, unknown>>;
  markets: unknown;
  readonly origins: Map<string, string>;
  readonly problems: string[];
}

/**
 * Reads the configuration: defaults, then the file, then the environment, then flags; later wins, key by key.
 *
 * @throws CommandError (`configuration`) that lists every problem: key, value, where it came from, what was expected;
 *   for an unknown key the nearest known one. Values of secrets are not shown.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const gathered: Gathered = {
    sections: Object.fromEntries(Object.keys(SECTIONS).map((section) => [section, {}])),
    markets: undefined,
    origins: new Map([...KNOWN_KEYS.keys(), 'markets'].map((path) => [path, 'default'])),
    problems: [],
  };
  const file = sources.file ?? (sources.env.FLASHMM_CONFIG || undefined);
  const read = sources.withoutFile ? undefined : readToml(file ?? DEFAULT_FILE, file !== undefined);
  if (read !== undefined) takeFile(gathered, read.table, read.name);
  takeEnvironment(gathered, sources.env);
  for (const flag of sources.flags) takeText(gathered, flag.path, flag.text, flag.from);
  const parsed = configSchema.safeParse({
    ...gathered.sections,
    ...(gathered.markets === undefined ? {} : { markets: gathered.markets }),
  });
  if (!parsed.success) {
    for (const issue of parsed.error.issues) gathered.problems.push(describeIssue(gathered, issue));
  } else if (gathered.problems.length === 0) {
    for (const { path, message } of crossChecks(parsed.data)) {
      gathered.problems.push(describe(gathered, path, message));
    }
  }
  if (!parsed.success || gathered.problems.length > 0) throw problemsError(gathered.problems);
  return { config: parsed.data, origins: gathered.origins, file: read?.name };
}

function problemsError(problems: readonly string[]): CommandError {
  const unique = [...new Set(problems)];
  const shown = unique.slice(0, PROBLEMS_SHOWN_MAX);
  const more = unique.length > shown.length ? [`and ${unique.length - shown.length} more`] : [];
  const lines = [...shown, ...more];
  const message =
    lines.length === 1 ? `in the configuration: ${lines[0]}` : `in the configuration:\n  - ${lines.join('\n  - ')}`;
  return new CommandError(
    'configuration',
    message,
    "Every key is in docs/configuration.md; 'flashmm config' prints what is in effect.",
  );
}

function readToml(path: string, mustExist: boolean): { name: string; table: Record<string, unknown> } | undefined {
  let content: string;
  try {
    const { size } = statSync(path);
    if (size > FILE_MAX_BYTES) {
      throw new CommandError('configuration', `${path} has ${size} bytes, expected at most ${FILE_MAX_BYTES}`);
    }
    content = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && !mustExist) return undefined;
    const reason = code === 'ENOENT' ? 'no such file' : (error as Error).message;
    throw new CommandError(
      'configuration',
      `cannot read the configuration file '${path}': ${reason}`,
      'Check the path given with --config or FLASHMM_CONFIG.',
    );
  }
  try {
    return { name: path, table: parse(content) };
  } catch (error) {
    // The parser's own message quotes the source lines, and a line may hold a secret.
    const where = error instanceof TomlError ? `, line ${error.line}, column ${error.column}` : '';
    const what = (error as Error).message.split('\n', 1)[0];
    throw new CommandError(
      'configuration',
      `${path}${where}: ${what}`,
      'The file is TOML 1.0: [section], key = value.',
    );
  }
}

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

function takeFile(gathered: Gathered, table: Record<string, unknown>, name: string): void {
  const sections = Object.keys(SECTIONS);
  for (const [section, content] of Object.entries(table)) {
    if (section === 'markets') {
      gathered.markets = content;
      gathered.origins.set('markets', name);
    } else if (!sections.includes(section)) {
      gathered.problems.push(`${section} (${name}): unknown key${suggestion(section, isTable(content))}`);
    } else if (!isTable(content)) {
      gathered.problems.push(`${section} = ${shown(content)} (${name}): expected a table, [${section}]`);
    } else {
      for (const [key, value] of Object.entries(content)) {
        const path = `${section}.${key}`;
        if (KNOWN_KEYS.has(path)) take(gathered, path, value, name);
        else gathered.problems.push(`${path} (${name}): unknown key${suggestion(path, false)}`);
      }
    }
  }
}

function takeEnvironment(gathered: Gathered, env: ConfigSources['env']): void {
  const own = new Map<string, string>();
  for (const known of KNOWN_KEYS.values()) {
    for (const name of known.env) {
      own.set(name, known.path);
      const value = env[name];
      // An empty variable is how compose files and shells say "not set".
      if (value !== undefined && value !== '') takeText(gathered, known.path, value, `environment ${name}`);
    }
  }
  const prefixed = [...own.keys(), 'FLASHMM_CONFIG'].filter((name) => name.startsWith('FLASHMM_'));
  for (const name of Object.keys(env)) {
    if (!name.startsWith('FLASHMM_') || prefixed.includes(name)) continue;
    gathered.problems.push(`${name} (environment): unknown variable${didYouMean(name, prefixed)}`);
  }
}

function takeText(gathered: Gathered, path: string, value: string, origin: string): void {
  const known = KNOWN_KEYS.get(path);
  if (known !== undefined) take(gathered, path, fromText(known.schema, value), origin);
  else if (path === 'markets') gathered.problems.push(`markets (${origin}): can only be set in the file`);
  else gathered.problems.push(`${path} (${origin}): unknown key${suggestion(path, false)}`);
}

function take(gathered: Gathered, path: string, value: unknown, origin: string): void {
  const known = KNOWN_KEYS.get(path)!;
  gathered.sections[known.section]![known.key] = value;
  gathered.origins.set(path, origin);
}

function suggestion(path: string, isSection: boolean): string {
  if (isSection) return didYouMean(path, [...Object.keys(SECTIONS), 'markets']);
  const known = [...KNOWN_KEYS.keys()];
  const key = path.slice(path.indexOf('.') + 1);
  const sameKey = known.find((one) => one.endsWith(`.${key}`));
  return sameKey === undefined ? didYouMean(path, [...known, 'markets']) : `; did you mean '${sameKey}'?`;
}

function describeIssue(gathered: Gathered, issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return describe(gathered, path, issue.message);
  const known = Object.keys(marketSchema.shape);
  const guesses = issue.keys.map((key) => `unknown key '${key}'${didYouMean(key, known)}`);
  return `${keyOf(path)} (${originOf(gathered, path)}): ${guesses.join('; ')}`;
}

function describe(gathered: Gathered, path: readonly string[], message: string): string {
  const secret = KNOWN_KEYS.get(path.slice(0, 2).join('.'))?.meta.secret === true;
  const tree: Record<string, unknown> = { ...gathered.sections, markets: gathered.markets };
  const value = path.reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], tree);
  return `${keyOf(path)} = ${secret ? REDACTED : shown(value)} (${originOf(gathered, path)}): ${message}`;
}

/** `risk.max_position_usdc`, `markets[1].tick_size` */
const keyOf = (path: readonly string[]): string =>
  path.map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`)).join('');

const originOf = (gathered: Gathered, path: readonly string[]): string =>
  gathered.origins.get(path[0] === 'markets' ? 'markets' : path.slice(0, 2).join('.')) ?? 'default';

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > VALUE_SHOWN_MAX ? `${text.slice(0, VALUE_SHOWN_MAX)}…` : text;
}
