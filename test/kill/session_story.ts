import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { JournalReader } from '../../src/journal/reader.ts';
import { Reactor } from '../../src/runtime/reactor.ts';
import type { Decision } from '../../streams/decisions.ts';

/** What a session did, as far as its input journal got, in the order in which it did it. */
export interface SessionStory {
  readonly inputs: number;
  readonly batches: number;
  readonly fills: number;
  /** What was told when journal and chain had been compared; undefined when it did not come so far. */
  readonly reconciled: { readonly ok: boolean; readonly differences: readonly string[] } | undefined;
  /** Number of quotes with a price, and of orders to place, before the comparison. There must be none. */
  readonly early: number;
  /** Trading was halted, and why. */
  readonly halts: readonly string[];
}

/** The newest of the folders in which sessions keep their inputs; the empty string before the first. */
export function newestSession(stateDir: string): string {
  const root = join(stateDir, 'journal');
  try {
    const name = readdirSync(root).sort().at(-1);
    return name === undefined ? '' : join(root, name);
  } catch {
    return '';
  }
}

/** Gives a session's inputs to the same pipeline again, and watches what it decides. */
export function storyOf(folder: string): SessionStory {
  const story = { inputs: 0, batches: 0, fills: 0, early: 0, halts: [] as string[] };
  let reconciled: SessionStory['reconciled'];
  const onDecision = (decision: Decision): void => {
    if (decision.kind === 'reconciled') reconciled ??= { ok: decision.ok, differences: decision.differences };
    if (decision.kind === 'fill') story.fills += 1;
    if (decision.kind === 'tradingState' && decision.state === 'halted') story.halts.push(decision.text);
    if (decision.kind !== 'orderBatch') return;
    story.batches += 1;
    if (reconciled?.ok !== true) story.early += decision.places.length;
  };
  let reactor: Reactor | undefined;
  for (const record of new JournalReader(folder).records()) {
    if (record.kind === 'header') reactor ??= new Reactor(record.header.plan, { onDecision });
    if (record.kind !== 'input') continue;
    story.inputs += 1;
    reactor!.take(record.input);
  }
  return { ...story, reconciled };
}
