/** What a node can be made to answer instead of the truth. */
export type Nonsense = 'html' | 'notJson' | 'truncated' | 'wrongShape';

/**
 * Faults of one node, to be set by tests and simulators at any time; all are off at first. Counters count down as they
 * are used up.
 */
export interface Faults {
  /** Answers wait this long; Infinity never comes. */
  stallMs: number;
  /** Answers are replaced. */
  nonsense: Nonsense | null;
  /** Limits {@link stallMs} and {@link nonsense} to these methods (`subscribe` and `rest` included); null: all. */
  methods: ReadonlySet<string> | null;
  /** Every new connection, HTTP or WebSocket, is cut at once. */
  refuseConnections: boolean;
  /** Broadcasts are answered with an error, and not taken. */
  refuseBroadcasts: boolean;
  /** The next broadcasts are taken, and then the connection is cut without an answer. */
  loseAnswers: number;
  /** The next broadcasts are answered with code 0 and a hash, and never included. */
  swallowBroadcasts: number;
  /** The next broadcasts are refused with code 32, as if another transaction of the account had come first. */
  wrongSequence: number;
  /** New transactions wait for this many blocks more than they need to. */
  holdBlocks: number;
  /** The next NewBlock events are not sent, to anybody. */
  skipBlockEvents: number;
  /** The next NewBlock events are sent twice. */
  duplicateBlockEvents: number;
  /** `status` and `abci_info` claim a height this far behind. */
  lagBlocks: number;
}

/** A set of faults, all off. */
export function noFaults(): Faults {
  return {
    stallMs: 0,
    nonsense: null,
    methods: null,
    refuseConnections: false,
    refuseBroadcasts: false,
    loseAnswers: 0,
    swallowBroadcasts: 0,
    wrongSequence: 0,
    holdBlocks: 0,
    skipBlockEvents: 0,
    duplicateBlockEvents: 0,
    lagBlocks: 0,
  };
}

/** Whether a fault that {@link Faults.methods} limits is on for a method. */
export function affects(faults: Faults, method: string): boolean {
  return faults.methods === null || faults.methods.has(method);
}

/** An answer's text as a fault would have it. */
export function spoil(answer: string, nonsense: Nonsense): string {
  switch (nonsense) {
    case 'html':
      return '<html><body><h1>502 Bad Gateway</h1></body></html>';
    case 'notJson':
      return '\u0000\u0001garbage{{{';
    case 'truncated':
      return answer.slice(0, Math.floor(answer.length / 2));
    case 'wrongShape':
      return '{"jsonrpc":"2.0","id":0,"result":{"unexpected":[1,2,3]}}';
  }
}
