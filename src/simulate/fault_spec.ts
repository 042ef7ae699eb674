import type { Fault } from './plan.ts';
import type { Supervisor } from './supervisor.ts';
import type { VirtualWorld } from './virtual_world.ts';
import type { NodeFaults } from './virtual_world_faults.ts';
import type { VirtualNode } from './virtual_world_node.ts';

/** All that a fault can take hold of. */
export interface Surroundings {
  readonly world: VirtualWorld;
  /** The process that trades, and the machine it is on. */
  readonly supervisor: Supervisor;
}

/** One kind of fault: how it is drawn, and what it does. */
export interface FaultSpec {
  readonly summary: string;
  /** How often it is drawn, relative to the others. */
  readonly weight: number;
  /** Shortest and longest duration, milliseconds; two zeros for what happens in one instant. */
  readonly durationMs: readonly [number, number];
  /** Whether it happens to a node or to all of them. */
  readonly nodes: boolean;
  /**
   * Whether the system cannot be expected to know or do everything meanwhile, so that the invariants that grant it a number of
   * blocks do not count these.
   */
  readonly hinders: boolean;
  /** Draws the parameters. */
  readonly draw: (random: () => number) => Fault['parameters'];
  /** Brings it about. @returns what ends it */
  readonly begin: (surroundings: Surroundings, fault: Fault) => () => void;
}

/** What ends a fault that is over at once. */
export const NOTHING = (): void => {};

/** A whole number, both ends included. */
export const between = (random: () => number, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));

/** One of some values. */
export const oneOf = <T>(random: () => number, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)]!;

/** A fault of nodes: one figure of theirs goes up, and down again at its end. */
export function ofNodes(
  key: keyof NodeFaults,
  spec: Pick<FaultSpec, 'summary' | 'weight' | 'durationMs'> & {
    /** Least and most by which the figure goes up. */
    readonly by?: readonly [number, number];
    /** Whether it counts down as it is used up: what is left at the end is taken back, and no more. */
    readonly usedUp?: true;
    readonly harmless?: true;
    readonly also?: (node: VirtualNode) => void;
  },
): FaultSpec {
  const { summary, weight, durationMs, by = [1, 1], usedUp, harmless, also } = spec;
  return {
    ...{ summary, weight, durationMs, nodes: true, hinders: harmless !== true },
    draw: (random): Fault['parameters'] => (by[1] === 1 ? {} : { by: between(random, by[0], by[1]) }),
    begin: ({ world }, { target, parameters }) => {
      const amount = Number(parameters.by ?? 1);
      const nodes = nodesOf(world, target);
      for (const node of nodes) {
        node.faults[key] += amount;
        also?.(node);
      }
      return () => {
        for (const { faults } of nodes) faults[key] -= usedUp ? Math.min(faults[key], amount) : amount;
      };
    },
  };
}

function nodesOf({ nodes }: VirtualWorld, target: string): readonly VirtualNode[] {
  if (target === 'all') return nodes;
  return [nodes[Number(target.slice('node'.length)) % nodes.length]!];
}

/** A fault of the machine or of the people at it. */
export function ofMachine(
  spec: Pick<FaultSpec, 'summary' | 'weight' | 'begin'> & Partial<Omit<FaultSpec, 'nodes'>>,
): FaultSpec {
  return { durationMs: [0, 0], nodes: false, hinders: true, draw: () => ({}), ...spec };
}
