import { decimalOf, scalesOf } from '../../streams/market/units.ts';
import type { Session, StopReport } from '../runtime/session.ts';
import type { SeiVenue } from '../sei/venue.ts';

/** An order of ours on the chain, as people read it. */
export interface RestingView {
  readonly order_id: string;
  readonly market: string;
  readonly side: 'buy' | 'sell';
  readonly price: string;
  readonly size: string;
}

/** What rests on the chain at a height, read from the chain itself. */
export interface Resting {
  readonly height: number;
  readonly orders: readonly RestingView[];
}

/** How a session that was told to stop ended its trading. */
export type StopOutcome = Pick<StopReport, 'cancelled' | 'remaining' | 'troubles' | 'seconds'>;

/** What the operator of this machine can do to a running session. `by` says who asked. */
export interface Operator {
  /** Cancels everything and places nothing until {@link resume}. */
  pause(by: string): void;
  /** Trades on. @param clears code of the cause of a halt that has been dealt with */
  resume(by: string, clears?: string): void;
  /** Cancels what rests now; the next quotes place again. */
  cancelAll(by: string): void;
  /** The emergency stop: cancels everything and places nothing, after a restart neither. */
  halt(by: string): void;
  /** Cancels everything, confirms and ends the process. @returns once the chain confirmed, or would not */
  stop(by: string): Promise<StopOutcome>;
  /** Reads from the chain what rests. @throws Error when it does not answer */
  resting(): Promise<Resting>;
}

/** The operator's hands on a session. @param end begins the end of the process, which stops the session */
export function sessionOperator(session: Session, venue: SeiVenue, end: (by: string) => void): Operator {
  const scales = new Map(venue.markets.map((market) => [market.symbol, scalesOf(market)]));
  const order = (command: 'pause' | 'resume' | 'cancelAll' | 'halt', by: string, clears?: string): void =>
    session.edge.accept({
      ...{ kind: 'command', seq: 0, timeUs: 0, command, by },
      ...(clears === undefined ? {} : { clears }),
    });
  return {
    pause: (by) => order('pause', by),
    resume: (by, clears) => order('resume', by, clears),
    cancelAll: (by) => order('cancelAll', by),
    halt: (by) => order('halt', by),
    stop: async (by) => {
      end(by);
      const { cancelled, remaining, troubles, seconds } = await session.stop(by);
      return { cancelled, remaining, troubles, seconds };
    },
    resting: async () => {
      const { height, orders } = await venue.resting();
      return {
        height,
        orders: orders.map(({ orderId, market, side, tick, lots }) => ({
          order_id: orderId,
          market,
          side,
          price: decimalOf(tick, scales.get(market)!.price),
          size: decimalOf(lots, scales.get(market)!.size),
        })),
      };
    },
  };
}
