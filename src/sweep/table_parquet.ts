import { parquetWriteBuffer } from 'hyparquet-writer';
import { METRICS } from './measures.ts';
import type { SweepOutcome } from './outcome.ts';
import type { Plan } from './plan.ts';
import type { Results } from './run_sweep.ts';
import type { BlockResult } from './run_tape.ts';

/**
 * The table as a Parquet file, a row for each point and block in the order of the points: `point`, `block`, `tape`, the varied keys as
 * text, the figures as doubles, null where there is none, and the hash of the decisions. Its metadata say what the sweep is.
 */
export function tableParquet(plan: Plan, outcome: SweepOutcome, results: Results): Uint8Array {
  const whole = outcome.rows.map(({ point }) => point).toSorted((a, b) => a.index - b.index);
  const rows = whole.flatMap((point) =>
    plan.blocks.map(({ tape }, block) => ({ point, tape, block, ...results[point.index]![block]! })),
  );
  type Row = (typeof rows)[number];
  const column = (name: string, type: 'INT32' | 'STRING' | 'DOUBLE', of: (row: Row) => unknown) => ({
    ...{ name, type, data: rows.map(of), nullable: type === 'DOUBLE' },
  });
  const buffer = parquetWriteBuffer({
    columnData: [
      column('point', 'INT32', ({ point }) => point.index),
      column('block', 'INT32', ({ block }) => block),
      column('tape', 'STRING', ({ tape }) => plan.tapes[tape]!.files.join('+')),
      ...plan.spec.axes.map(({ key }) => column(key, 'STRING', ({ point }) => point.values[key])),
      ...METRICS.map(({ name, of }) => column(name, 'DOUBLE', ({ measures }: BlockResult) => of(measures))),
      column('decisions_hash', 'STRING', ({ decisionsHash }) => decisionsHash),
    ],
    kvMetadata: [
      { key: 'flashmm.sweep', value: JSON.stringify(plan.header) },
      { key: 'flashmm.hash', value: outcome.hash },
    ],
    createdBy: `flashmm ${plan.header.flashmm}`,
  });
  return new Uint8Array(buffer);
}
