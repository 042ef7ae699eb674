import { KIND, SIDE } from '../rows.ts';
import { RowError } from './row_error.ts';
import type { TextLayout } from './text_format.ts';

/** The header of a neutral CSV. */
export const NEUTRAL_HEADER = 'ts_ns,kind,side,price,qty';

/**
 * The neutral CSV of the benchmarks: `depth` rows are new absolute sizes, the side of a `trade` is the aggressor's. It has one
 * time, which is taken for both; depth rows of one time, one after another, are one message.
 */
export function neutralLayout(): TextLayout {
  return {
    format: 'neutral',
    name: 'neutral CSV',
    header: true,
    read(fields, maker) {
      if (fields.length !== 5) throw new RowError('malformed', `${fields.length} fields: expected ${NEUTRAL_HEADER}`);
      const [time, kind, side, price, size] = fields as [string, string, string, string, string];
      if (side !== 'b' && side !== 'a') throw new RowError('malformed', `side '${side}': expected b or a`);
      if (kind !== 'depth' && kind !== 'trade')
        throw new RowError('malformed', `kind '${kind}': expected depth or trade`);
      maker.time(time, 'ns', 'ts_ns');
      if (kind === 'depth') maker.begin(time);
      else maker.endMessage();
      maker.put(kind === 'depth' ? KIND.level : KIND.trade, side === 'b' ? SIDE.buy : SIDE.sell, price, size);
      if (kind === 'trade') maker.endMessage();
    },
  };
}
