import type { Notify } from '../runtime/notices.ts';
import type { Timers } from '../runtime/timers.ts';
import type { Inference, InferenceOptions } from './inference.ts';
import { type Domain, parseRef } from './model_format.ts';
import type { OpenModelFile } from './open_model.ts';
import type { ModelRegistry, Role } from './registry.ts';
import { verifyModel } from './verify.ts';

/** How often the registry is looked at: a promotion is at work within a second. */
const LOOK_EVERY_MS = 500;

/** Refusals that are remembered, the newest last. */
const REFUSALS_MOST = 20;

const ROLES: readonly Role[] = ['champion', 'challenger'];

/** A model that was to serve and may not. */
export interface Refusal {
  readonly timeMs: number;
  readonly domain: Domain;
  readonly role: Role;
  readonly model: string;
  /** `hash: model.onnx has SHA-256 …, expected … by the card` */
  readonly reason: string;
}

/** What models are served with. */
export interface ModelServingOptions {
  readonly registry: ModelRegistry;
  readonly inference: Inference;
  /** Of the features of this program. */
  readonly featuresHash: string;
  readonly open: OpenModelFile;
  readonly notify: Notify;
  readonly timers: Pick<Timers, 'nowUs' | 'every'> & Pick<InferenceOptions['timers'], 'outside'>;
}

/**
 * Keeps the seats as the registry says: verifies a new model aside, on its own thread, and hands it over warm. One that does
 * not pass is refused with its reason, and whoever has the seat keeps it.
 */
export class ModelServing {
  readonly #options: ModelServingOptions;
  readonly #refusals: Refusal[] = [];
  /** What each seat was last to be given: a refused one is not tried again before the registry says something else. */
  readonly #wanted = new Map<string, string | null>();
  #revision = '';
  #busy: Promise<void> | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(options: ModelServingOptions) {
    this.#options = options;
  }

  /** The newest refusals, the newest last. */
  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }

  /** Fills the seats for the first time, and watches the registry from then on. */
  async start(): Promise<void> {
    await this.look();
    this.#stopWatching = this.#options.timers.every(LOOK_EVERY_MS, () => void this.look());
  }

  /** Makes the seats what the registry says now. Looks that come while one is under way join it. */
  look(): Promise<void> {
    if (this.#busy !== undefined) return this.#busy;
    const { timers } = this.#options;
    const look = this.#look();
    this.#busy = (timers.outside?.(look) ?? look).finally(() => {
      this.#busy = undefined;
    });
    return this.#busy;
  }

  /** Watches no more. The seats stay as they are. */
  async close(): Promise<void> {
    this.#stopWatching?.();
    await this.#busy;
  }

  async #look(): Promise<void> {
    const { registry, inference, notify } = this.#options;
    const revision = registry.revision();
    const changed = revision !== this.#revision;
    this.#revision = revision;
    for (const domain of inference.domains) {
      for (const role of ROLES) {
        const ended = inference.seat(domain, role)?.ended ?? '';
        if (!changed && ended === '') continue;
        if (ended !== '') {
          notify('error', `${domain} ${role}: ${ended}; it is opened again`);
          this.#wanted.delete(`${domain} ${role}`);
        }
        await this.#fill(domain, role);
      }
    }
  }

  async #fill(domain: Domain, role: Role): Promise<void> {
    const { registry, inference, notify } = this.#options;
    const seat = `${domain} ${role}`;
    let wanted: string | null;
    try {
      wanted = registry.serving(domain)[role];
    } catch (error) {
      notify('error', `${seat}: ${(error as Error).message}; it stays as it is`);
      return;
    }
    if (this.#wanted.get(seat) === wanted) return;
    this.#wanted.set(seat, wanted);
    const former = inference.seat(domain, role)?.model ?? null;
    if (wanted === former && (inference.seat(domain, role)?.ended ?? '') === '') return;
    if (wanted === null) {
      inference.serve(domain, role, undefined);
      if (former !== null) notify('info', `${seat}: ${former} has left`);
      return;
    }
    await this.#swap(domain, role, wanted, former);
  }

  async #swap(domain: Domain, role: Role, wanted: string, former: string | null): Promise<void> {
    const { registry, inference, featuresHash, open, notify, timers } = this.#options;
    const refused = (reason: string): void => {
      const timeMs = Math.floor(timers.nowUs() / 1_000);
      this.#refusals.push({ timeMs, domain, role, model: wanted, reason });
      if (this.#refusals.length > REFUSALS_MOST) this.#refusals.shift();
      const stays = former === null ? 'nobody has the seat' : `${former} stays`;
      notify('error', `${domain} ${role}: ${wanted} is refused: ${reason}; ${stays}`);
    };
    const ref = parseRef(wanted);
    if (ref?.domain !== domain) return refused(`it is no model of ${domain}`);
    const folder = registry.find(ref);
    if (folder === undefined) return refused('there is no such folder with a card.json');
    const { verification, verified } = await verifyModel(folder, featuresHash, open);
    if (verified === undefined) return refused(verification.reason);
    inference.serve(domain, role, verified);
    notify('info', `${domain} ${role}: ${wanted} serves${former === null ? '' : ` in the place of ${former}`}`, {
      source: folder.source,
      latency: verification.checks.at(-1)?.detail,
    });
  }
}
