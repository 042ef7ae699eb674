import type { Reject } from '../../streams/market/types.ts';

/** What was refused, by `source: reason`: how often, and the first detail of each. */
export class Rejects {
  readonly all = new Map<string, { count: number; readonly first: string }>();

  add({ source, reason, detail }: Reject): void {
    const name = `${source}: ${reason}`;
    const known = this.all.get(name);
    if (known === undefined) this.all.set(name, { count: 1, first: detail });
    else known.count += 1;
  }
}
