import type { Codec } from '../sei/codec/message.ts';
import type { Chain } from './chain.ts';

/** A query's refusal, with the gRPC status that the SDK's gateway turns into a code and an HTTP status. */
export class QueryRefusal extends Error {
  override readonly name = 'QueryRefusal';
  readonly status: 'NotFound' | 'InvalidArgument' | 'Unknown';

  constructor(status: 'NotFound' | 'InvalidArgument' | 'Unknown', message: string) {
    super(message);
    this.status = status;
  }
}

/** One query: how it is asked, how it is answered, and the answer. */
export interface QueryMethod<Q, A> {
  readonly request: Codec<Q>;
  readonly response: Codec<A>;
  /** What is kept of past heights: match results, the last few blocks' books, or nothing. */
  readonly history: 'matches' | 'books' | 'none';
  run(chain: Chain, request: Q, height: number): Partial<A>;
}

/** Forgets the types of a query's request and answer, so that all queries fit one table. */
export function method<Q, A>(
  request: Codec<Q>,
  response: Codec<A>,
  run: QueryMethod<Q, A>['run'],
  history: 'matches' | 'books' | 'none' = 'none',
): QueryMethod<unknown, unknown> {
  return { request, response, run, history } as QueryMethod<unknown, unknown>;
}
