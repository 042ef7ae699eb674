import { describe, expect, it } from 'vitest';
import { DESK_MARKET, RecordedDesk } from '../../test/recorded_desk.ts';
import { avellanedaStoikov } from '../quotes/avellaneda_stoikov.ts';
import { NO_ASK } from '../simulation/touch_book.ts';
import { AvellanedaStoikovMaker } from './avellaneda_stoikov.ts';
import { NaiveMaker } from './naive.ts';

const size = { intervalNs: 1e9, orderSizeUsdc: 100, maxPositionUsdc: 250 };
const paper = { gamma: 0.1, kappa: 0.5, horizonS: 10, sigmaHalfLifeS: 10, sigmaFloorBps: 1, sigmaCeilingBps: 50 };

function deskAt(bidTick: number, askTick: number): RecordedDesk {
  return Object.assign(new RecordedDesk(), { bidTick, askTick });
}

describe('the naive maker', () => {
  const naive = () => new NaiveMaker({ ...size, halfSpreadBps: 10 }, [DESK_MARKET]);

  it('quotes one order a side at its distance from the mid, and follows it', () => {
    const desk = deskAt(9_999, 10_001);
    const maker = naive();
    maker.wake(1e9, [desk]);
    expect(desk.asked()).toEqual(['buy 1000@9990 postOnly', 'sell 1000@10010 postOnly']);
    maker.wake(2e9, [desk]);
    expect(desk.asked()).toEqual([]);
    Object.assign(desk, { bidTick: 10_000, askTick: 10_002 });
    maker.wake(3e9, [desk]);
    expect(desk.asked()).toEqual(['cancel 2', 'sell 1000@10012 postOnly']);
  });

  it('leaves out the side that would take it beyond its limit, and cares for nothing else that it holds', () => {
    const desk = deskAt(9_999, 10_001);
    desk.positionLots = 1_400;
    naive().wake(1e9, [desk]);
    expect(desk.asked()).toEqual(['buy 1000@9990 postOnly', 'sell 1000@10010 postOnly']);
    const full = deskAt(9_999, 10_001);
    full.positionLots = 1_600;
    naive().wake(1e9, [full]);
    expect(full.asked()).toEqual(['sell 1000@10010 postOnly']);
    const short = deskAt(9_999, 10_001);
    short.positionLots = -1_600;
    naive().wake(1e9, [short]);
    expect(short.asked()).toEqual(['buy 1000@9990 postOnly']);
  });

  it('never crosses, whatever the width, and takes its orders away from a book with one side', () => {
    const desk = deskAt(9_900, 10_100);
    new NaiveMaker({ ...size, halfSpreadBps: 0.01 }, [DESK_MARKET]).wake(1e9, [desk]);
    expect(desk.asked()).toEqual(['buy 1000@9999 postOnly', 'sell 1000@10001 postOnly']);
    desk.askTick = NO_ASK;
    naive().wake(2e9, [desk]);
    expect(desk.asked()).toEqual(['cancel 1', 'cancel 2']);
  });
});

describe('the maker of Avellaneda and Stoikov', () => {
  const ticksOf = (asked: readonly string[]) => asked.map((line) => Number(/@(\d+)/.exec(line)?.[1]));

  it('quotes the paper’s reservation price and spread around the mid', () => {
    for (const [inventory, positionLots] of [
      [0, 0],
      [1, 1_000],
      [-1, -1_000],
    ] as const) {
      const desk = deskAt(99_990, 100_010);
      desk.positionLots = positionLots / 10;
      new AvellanedaStoikovMaker({ ...size, ...paper }, [DESK_MARKET]).wake(1e9, [desk]);
      // At 1,000 a unit an order of 100 is 100 lots.
      const { skewBps, halfSpreadBps } = avellanedaStoikov(inventory, paper.sigmaFloorBps, paper);
      expect(ticksOf(desk.asked())).toEqual([
        Math.floor(100_000 * (1 + (skewBps - halfSpreadBps) / 10_000)),
        Math.ceil(100_000 * (1 + (skewBps + halfSpreadBps) / 10_000)),
      ]);
    }
  });

  it('widens with the mid’s own volatility, within its bounds', () => {
    const maker = new AvellanedaStoikovMaker({ ...size, ...paper }, [DESK_MARKET]);
    const widths: number[] = [];
    for (let i = 0; i < 40; i += 1) {
      const desk = deskAt(99_990, 100_010);
      if (i % 2 === 1 && i < 30) Object.assign(desk, { bidTick: 100_090, askTick: 100_110 });
      maker.wake((1 + i) * 1e9, [desk]);
      const [bid, ask] = ticksOf(desk.asked()) as [number, number];
      widths.push(ask - bid);
    }
    // 10 bps to and fro each second: σ² comes near 100, with floor 1.
    const wide = avellanedaStoikov(0, Math.sqrt(1 + 99 * (1 - 2 ** -2.9)), paper).halfSpreadBps;
    expect(widths[0]).toBeLessThan(widths[29]!);
    expect(Math.abs(widths[29]! / 20 - wide)).toBeLessThan(0.2);
    expect(widths[39]).toBeLessThan(widths[29]!);
    const capped = new AvellanedaStoikovMaker({ ...size, ...paper, sigmaCeilingBps: 2 }, [DESK_MARKET]);
    for (const bidTick of [99_990, 109_990]) {
      const desk = deskAt(bidTick, bidTick + 20);
      capped.wake(bidTick * 1e5, [desk]);
      const [bid, ask] = ticksOf(desk.asked()) as [number, number];
      const most = avellanedaStoikov(0, 2, paper).halfSpreadBps;
      expect(((ask - bid) / 2 / (bidTick + 10)) * 10_000).toBeLessThan(most + 0.2);
    }
  });
});
