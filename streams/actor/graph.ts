import type { Probe } from './probe.ts';

/** What a node of the graph is: an `actor`, a `source` where inputs enter, or a `loop` where feedback comes back. */
export type NodeKind = 'actor' | 'source' | 'loop';

/** A node of the graph. `parent` is the actor whose behavior it is part of. */
export interface GraphNode {
  readonly name: string;
  readonly kind: NodeKind;
  readonly parent: string | undefined;
  readonly probe: Probe;
}

/** An edge of the graph: messages flow `from` → `to`. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

/**
 * The wiring, as it happens. An actor that connects to its source is noted as the current subscriber; each actor, source or
 * loop that is then subscribed to, through whatever plain operators lie between, notes an edge. So names and edges are
 * complete before the first event and there is no second list to keep.
 */
export class Graph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #edges = new Map<string, GraphEdge>();
  #subscribers: readonly string[] = [];
  #within: string | undefined;

  get nodes(): readonly GraphNode[] {
    return [...this.#nodes.values()];
  }

  get edges(): readonly GraphEdge[] {
    return [...this.#edges.values()];
  }

  /**
   * Enters a node. The behavior of an actor that restarts enters its inner nodes again: they keep their probes.
   *
   * @throws RangeError when a live node has that name already
   */
  enter(name: string, kind: NodeKind, probe: Probe): Probe {
    const known = this.#nodes.get(name);
    const live =
      known?.probe.status === 'running' || known?.probe.status === 'held' || known?.probe.status === 'backingOff';
    if (live) {
      throw new RangeError(`two actors are named '${name}': give each its own name or scope`);
    }
    const kept = known?.probe ?? probe;
    kept.status = 'idle';
    this.#nodes.set(name, { name, kind, parent: this.#within, probe: kept });
    return kept;
  }

  /** Notes an edge from `name` to whoever is subscribing right now. */
  subscribed(name: string): void {
    for (const to of this.#subscribers) {
      if (to !== name) this.#edges.set(`${name}→${to}`, { from: name, to });
    }
  }

  /** Runs `connect` with `name` as the current subscriber, or `beside` the current one. */
  subscribing<T>(name: string, connect: () => T, beside = false): T {
    const before = this.#subscribers;
    this.#subscribers = beside ? [...before, name] : [name];
    try {
      return connect();
    } finally {
      this.#subscribers = before;
    }
  }

  /** Runs `build` with `name` as the actor around everything that it enters. */
  inside<T>(name: string, build: () => T): T {
    const before = this.#within;
    this.#within = name;
    try {
      return build();
    } finally {
      this.#within = before;
    }
  }
}
