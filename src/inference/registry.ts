import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parsed } from './card.ts';
import { ModelFileError } from './model_file_error.ts';
import { DOMAINS, type Domain, type ModelRef, nameOf, parseRef, REF_FORM, refText } from './model_format.ts';

/** The models that come with FlashMM. */
export const SHIPPED_MODELS = fileURLToPath(new URL('../../models', import.meta.url));

/** Champions kept for a rollback. */
const PREVIOUS_MOST = 20;

/** A lock older than this was left by a process that died: what it guards takes milliseconds. */
const LOCK_STALE_MS = 10_000;

const ref = z.string().refine((text) => parseRef(text) !== undefined, { error: `expected ${REF_FORM}` });

const serving = z.strictObject({
  /** What predictions come from. */
  champion: ref.nullable(),
  /** Sees the same and is only watched. */
  challenger: ref.nullable(),
  /** Champions before, the newest last. */
  previous: z.array(ref).max(PREVIOUS_MOST),
});

const registrySchema = z.strictObject({
  format: z.literal('flashmm-registry/1'),
  domains: z.partialRecord(z.enum(DOMAINS), serving),
});

/** Which models serve a domain. */
export type Serving = z.infer<typeof serving>;

/** What a model does. */
export type Role = 'champion' | 'challenger';

/** Where a model's files are. */
export interface ModelFolder {
  readonly ref: ModelRef;
  readonly path: string;
  /** `shipped` with FlashMM, or the operator's `own`. */
  readonly source: 'own' | 'shipped';
}

/** A change of a registry that makes no sense, or could not be written. The message says why. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
}

const NOBODY: Serving = { champion: null, challenger: null, previous: [] };
const FILE = 'registry.json';

/**
 * Which models there are and which of them serve.
 *
 * Two folders: the models that ship with FlashMM, which are never changed, and the operator's own. Each may have a
 * `registry.json`; what the operator's says of a domain counts, and a domain it does not name is served as shipped.
 */
export class ModelRegistry {
  readonly #own: string;
  readonly #shipped: string;

  /**
   * @param own the operator's folder; need not exist
   * @param shipped what comes with FlashMM
   */
  constructor(own: string, shipped = SHIPPED_MODELS) {
    this.#own = own;
    this.#shipped = shipped;
  }

  /** The operator's folder: where a training leaves its models. */
  get own(): string {
    return this.#own;
  }

  /** Which models serve a domain. @throws ModelFileError when a registry file is unreadable */
  serving(domain: Domain): Serving {
    return this.#read(this.#own)[domain] ?? this.#read(this.#shipped)[domain] ?? NOBODY;
  }

  /** Changes whenever {@link serving} may have. */
  revision(): string {
    return [this.#own, this.#shipped].map((folder) => stampOf(join(folder, FILE))).join(' ');
  }

  /** Where a model is; the operator's own comes first. */
  find(wanted: ModelRef): ModelFolder | undefined {
    for (const [source, folder] of this.#folders()) {
      const path = join(folder, nameOf(wanted), String(wanted.version));
      if (existsSync(join(path, 'card.json'))) return { ref: wanted, path, source };
    }
    return undefined;
  }

  /** Every model there is, by name and version. */
  all(): readonly ModelFolder[] {
    const found = new Map<string, ModelFolder>();
    for (const [, folder] of this.#folders()) {
      for (const name of entriesOf(folder)) {
        for (const version of entriesOf(join(folder, name))) {
          const wanted = parseRef(`${name}/${version}`);
          const model = wanted && this.find(wanted);
          if (model !== undefined) found.set(refText(model.ref), model);
        }
      }
    }
    return [...found.values()].sort(
      (a, b) => nameOf(a.ref).localeCompare(nameOf(b.ref)) || a.ref.version - b.ref.version,
    );
  }

  /** The number of a model that is yet to be made: one more than the newest, its own and shipped ones together. */
  nextVersion(model: Pick<ModelRef, 'domain' | 'kind'>): number {
    const name = nameOf(model);
    const versions = this.all().flatMap((one) => (nameOf(one.ref) === name ? [one.ref.version] : []));
    return Math.max(0, ...versions) + 1;
  }

  /**
   * Gives a model a role in its domain. The former champion is kept for {@link rollback}; a challenger that becomes champion
   * leaves its place empty.
   *
   * @throws RegistryError when there is no such model or it has the role; ModelFileError when the registry is unreadable
   */
  promote(wanted: ModelRef, role: Role = 'champion'): Serving {
    const text = refText(wanted);
    if (this.find(wanted) === undefined) throw new RegistryError(`there is no model ${text}`);
    return this.#change(wanted.domain, (now) => {
      if (now[role] === text) throw new RegistryError(`${text} is the ${role} already`);
      if (role === 'challenger') {
        if (now.champion === text) throw new RegistryError(`${text} is the champion: it cannot challenge itself`);
        return { ...now, challenger: text };
      }
      const previous = now.champion === null ? now.previous : [...now.previous, now.champion].slice(-PREVIOUS_MOST);
      return { champion: text, challenger: now.challenger === text ? null : now.challenger, previous };
    });
  }

  /**
   * Takes back the last promotion of a domain: the champion before it serves again. For the role `challenger`: nobody
   * challenges any more.
   *
   * @throws RegistryError when there is none before it; ModelFileError when the registry is unreadable
   */
  rollback(domain: Domain, role: Role = 'champion'): Serving {
    return this.#change(domain, (now) => {
      if (role === 'challenger') {
        if (now.challenger === null) throw new RegistryError(`${domain} has no challenger`);
        return { ...now, challenger: null };
      }
      const champion = now.previous.at(-1);
      if (champion === undefined) throw new RegistryError(`${domain} has no champion before ${now.champion ?? 'this'}`);
      return {
        champion,
        challenger: now.challenger === champion ? null : now.challenger,
        previous: now.previous.slice(0, -1),
      };
    });
  }

  #folders(): readonly (readonly ['own' | 'shipped', string])[] {
    return [
      ['own', this.#own],
      ['shipped', this.#shipped],
    ];
  }

  #read(folder: string): z.infer<typeof registrySchema>['domains'] {
    const path = join(folder, FILE);
    if (!existsSync(path)) return {};
    try {
      return parsed(FILE, registrySchema, readFileSync(path, 'utf8')).domains;
    } catch (error) {
      throw new ModelFileError(`${path}: ${(error as Error).message}`);
    }
  }

  /** Read, changed and written by one process at a time; readers see the old file or the new one, never a part. */
  #change(domain: Domain, change: (now: Serving) => Serving): Serving {
    const lock = this.#lock();
    try {
      const changed = change(this.serving(domain));
      const domains = { ...this.#read(this.#own), [domain]: changed };
      writeSync(lock, `${JSON.stringify({ format: 'flashmm-registry/1', domains }, null, 2)}\n`);
      fsyncSync(lock);
      renameSync(this.#lockPath, join(this.#own, FILE));
      return changed;
    } catch (error) {
      rmSync(this.#lockPath, { force: true });
      throw error;
    } finally {
      closeSync(lock);
    }
  }

  get #lockPath(): string {
    return join(this.#own, `${FILE}.new`);
  }

  #lock(): number {
    try {
      mkdirSync(this.#own, { recursive: true });
      const left = statSync(this.#lockPath, { throwIfNoEntry: false });
      if (left !== undefined && Date.now() - left.mtimeMs > LOCK_STALE_MS) rmSync(this.#lockPath, { force: true });
      return openSync(this.#lockPath, 'wx', 0o644);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new RegistryError((error as Error).message);
      throw new RegistryError(`another command is changing ${join(this.#own, FILE)}: try again in ten seconds`);
    }
  }
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '-' : `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there, or a file: then it holds no models.
    return [];
  }
}
