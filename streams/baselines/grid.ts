import type { Answer, Desk, OwnOrder, Strategy } from '../simulation/strategy.ts';
import { NO_ASK } from '../simulation/touch_book.ts';

/** How the grid quotes. */
export interface GridSettings {
  readonly intervalNs: number;
  /** Orders a side, one tick apart. */
  readonly levels: number;
  /** From the reservation price to the first order, in ticks. */
  readonly halfTicks: number;
  /** Size of an order, and the position at which a side is not quoted any more, in units of the market. */
  readonly clip: number;
  readonly positionMax: number;
}

/**
 * The grid of the field's benchmarks, by which engines are compared: some levels a side around a reservation price that moves
 * half a tick against each clip held. An order stays as long as it lies in the grid, and moves with the best price otherwise.
 *
 * Its position is a sum of doubles in units of the market, as in the scripts of its peers: how that rounds decides whether the
 * limit is reached, and so the fills.
 */
export class Grid implements Strategy {
  readonly intervalNs: number;
  readonly book: NonNullable<Strategy['book']> = 'touch';
  readonly #settings: GridSettings;
  readonly #clipLots: number[] = [];
  readonly #position: number[] = [];

  constructor(settings: GridSettings) {
    this.intervalNs = settings.intervalNs;
    this.#settings = settings;
  }

  hear(desk: Desk, { kind, order, lots }: Answer): void {
    if (kind !== 'filled') return;
    const { clip } = this.#settings;
    const size = clip * (lots / this.#clipLots[desk.index]!);
    this.#position[desk.index] = this.#held(desk) + size * order.side;
  }

  wake(_nowNs: number, desks: readonly Desk[]): void {
    for (const desk of desks) this.#quote(desk);
  }

  #quote(desk: Desk): void {
    const { bidTick, askTick } = desk;
    if (bidTick <= 0 || askTick >= NO_ASK || askTick <= bidTick) return;
    const { clip, positionMax, halfTicks, levels } = this.#settings;
    const position = this.#held(desk);
    const reservation = (bidTick + askTick) / 2 - (position / clip) * 0.5;
    const bid = Math.min(Math.floor(reservation - halfTicks), bidTick);
    const ask = Math.max(Math.ceil(reservation + halfTicks), askTick);
    const buys = position < positionMax;
    const sells = position > -positionMax;
    for (const order of desk.orders) {
      if (order.state !== 'working' || order.cancelling) continue;
      const { side, tick } = order;
      const stays = side > 0 ? buys && tick <= bid && tick > bid - levels : sells && tick >= ask && tick < ask + levels;
      if (!stays) desk.cancel(order);
    }
    for (let i = 0; i < levels; i += 1) {
      if (buys) this.#place(desk, 1, bid - i);
      if (sells) this.#place(desk, -1, ask + i);
    }
  }

  #place(desk: Desk, side: 1 | -1, tick: number): void {
    if (!hasOrderAt(desk.orders, tick)) desk.place(side, tick, this.#lots(desk), 'postOnly');
  }

  #held({ index }: Desk): number {
    return this.#position[index] ?? 0;
  }

  #lots({ index, market }: Desk): number {
    const known = this.#clipLots[index];
    if (known !== undefined) return known;
    const lots = Math.max(1, Math.round(this.#settings.clip / Number(market.lotSize)));
    this.#clipLots[index] = lots;
    return lots;
  }
}

function hasOrderAt(orders: readonly OwnOrder[], tick: number): boolean {
  for (const order of orders) if (order.tick === tick) return true;
  return false;
}
