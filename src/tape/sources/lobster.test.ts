import { afterAll, describe, expect, it } from 'vitest';
import { TapeFolder } from '../../../test/tape_files.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

const lines = (...all: string[]): string => `${all.join('\n')}\n`;

describe('LOBSTER', () => {
  const name = (part: string): string => `AAPL_2012-06-21_34200000_57600000_${part}_1.csv`;
  // Times and layout as in LOBSTER's sample files; midnight in New York was 04:00 UTC that day.
  const messages = lines(
    '34200.004241176,1,16113575,18,5853300,1',
    '34200.025551909,1,16113584,18,5853500,-1',
    '34200.190226476,4,16113584,10,5853500,-1',
    '34200.2,2,16113575,8,5853300,1',
    '34200.3,3,16113584,8,5853500,-1',
    '34200.4,5,0,7,5853400,1',
    '34200.5,7,0,0,-1,-1',
  );
  const books = lines(
    '9999999999,0,5853300,18',
    '5853500,18,5853300,18',
    '5853500,8,5853300,18',
    '5853500,8,5853300,10',
    '9999999999,0,5853300,10',
    '9999999999,0,5853300,10',
    '9999999999,0,5853300,10',
  );
  const brief = (rows: readonly string[]): string[] => rows.map((row) => row.split(' ').slice(0, -1).join(' '));

  it('becomes orders, trades, and the levels that changed', async () => {
    folder.file(name('orderbook'), books);
    const { rows, market, report } = await folder.imported([folder.file(name('message'), messages)]);
    expect(market).toMatchObject({ symbol: 'AAPL', venue: 'nasdaq', tickSize: '0.01' });
    expect(rows[0]).toBe(`orderAdd buy 58533 x ${rows[0]!.split(' ')[4]} #16113575 1340285400004241176`);
    expect(report.market.lotSize).toBe('1');
    expect(brief(rows)).toEqual([
      'orderAdd buy 58533 x 18 #16113575',
      'clear buy -2147483648 x 0',
      'snapshotLevel buy 58533 x 18',
      'clear sell -2147483648 x 0 end',
      'orderAdd sell 58535 x 18 #16113584',
      'level sell 58535 x 18 end',
      'trade buy 58535 x 10 #16113584',
      'orderFill sell 58535 x 10 #16113584',
      'orderModify sell 58535 x 8 #16113584',
      'level sell 58535 x 8 end',
      'orderModify buy 58533 x 10 #16113575',
      'level buy 58533 x 10 end',
      'orderCancel sell 58535 x 8 #16113584',
      'level sell 58535 x 0 end',
      'trade sell 58534 x 7 end',
    ]);
    expect(report.problems.notes.get('trading halts')).toMatchObject({ count: 1 });
  });

  it('has its levels made of its orders, where there is no book beside it', async () => {
    const alone = name('message').replace('AAPL', 'MSFT');
    const executed = messages.replace('4,16113584,10', '4,16113584,18');
    const { rows } = await folder.imported([folder.file(alone, executed)]);
    expect(brief(rows)).toEqual([
      'orderAdd buy 58533 x 18 #16113575',
      'level buy 58533 x 18 end made',
      'orderAdd sell 58535 x 18 #16113584',
      'level sell 58535 x 18 end made',
      'trade buy 58535 x 18 #16113584',
      'orderFill sell 58535 x 18 #16113584',
      'orderCancel sell 58535 x 18 #16113584',
      'level sell 58535 x 0 end made',
      'orderModify buy 58533 x 10 #16113575',
      'level buy 58533 x 10 end made',
      'orderCancel sell 58535 x 8 end #16113584',
      'trade sell 58534 x 7 end',
    ]);
  });

  it('is refused where one file ends before the other, or the name has no date', async () => {
    const other = (part: string): string => name(part).replace('AAPL', 'MSFT');
    const book = folder.file(other('orderbook'), books.split('\n').slice(0, 3).join('\n'));
    await expect(folder.imported([folder.file(other('message'), messages)])).rejects.toThrow(
      `${book}: row 3: truncated: ends here`,
    );
    const nameless = folder.file('messages.csv', messages);
    await expect(folder.imported([nameless], { from: 'lobster' })).rejects.toThrow(
      /messages\.csv: row 1: begins with '34200/,
    );
  });

  it('is refused with an order book that is not that of its messages, and where the book alone is named', async () => {
    for (const [from, to] of [
      ['5853500,18', '7853500,18'],
      ['5853300,18', '5853300,17'],
    ] as const) {
      const book = folder.file(name('orderbook').replace('AAPL', 'INTC'), books.replaceAll(from, to));
      const message = folder.file(name('message').replace('AAPL', 'INTC'), messages);
      await expect(folder.imported([message])).rejects.toThrow(
        /row \d: malformed: an order of 18 joins at 585\.3\d00, and the order book beside it has/,
      );
      await expect(folder.imported([book])).rejects.toThrow('an order book of LOBSTER: name the message file');
    }
  });
});
