import { MICROS_PER_MS } from '../../streams/clock/clock.ts';
import type { Side } from '../../streams/market/types.ts';
import { between, type FaultSpec, NOTHING, ofMachine, ofNodes, oneOf } from './fault_spec.ts';
import type { KillStep } from './supervisor.ts';

const KILL_STEPS: readonly KillStep[] = [
  'now',
  'intended',
  'synced',
  'signing',
  'signed',
  'sent',
  'answered',
  'restarted',
  'reading',
];

/** Every kind of fault there is. The order is that of the tables. */
export const FAULTS = {
  connectionCut: ofNodes('cuts', {
    summary: 'every call to the node fails and its subscription is cut',
    weight: 8,
    durationMs: [300, 40_000],
    also: (node) => node.cutLines(),
  }),
  lineCut: ofMachine({
    summary: 'the subscriptions to all nodes are cut, once',
    weight: 2,
    begin: ({ world }) => {
      for (const node of world.nodes) node.cutLines();
      return NOTHING;
    },
  }),
  stall: ofNodes('stalls', {
    summary: 'nothing is answered, and nothing fails before its time is up',
    weight: 6,
    durationMs: [300, 30_000],
  }),
  slow: ofNodes('slowMs', {
    summary: 'every answer takes that many milliseconds longer',
    weight: 5,
    durationMs: [1_000, 60_000],
    by: [20, 1_800],
  }),
  reordering: ofNodes('jitterMs', {
    summary: 'answers and news take up to that many milliseconds longer, each its own, and overtake each other',
    weight: 5,
    durationMs: [1_000, 60_000],
    by: [100, 1_500],
  }),
  lyingAhead: ofNodes('aheadBlocks', {
    summary: 'the node claims to be that many blocks further than it is',
    weight: 3,
    durationMs: [300, 20_000],
    by: [2, 30_000],
  }),
  lyingBehind: ofNodes('behindBlocks', {
    summary: 'the node is that many blocks behind and knows nothing of later ones',
    weight: 4,
    durationMs: [300, 30_000],
    by: [2, 60],
  }),
  lyingChain: ofNodes('wrongChain', {
    summary: 'the node says that it serves another chain',
    weight: 2,
    durationMs: [300, 20_000],
  }),
  staleBook: ofNodes('staleBookBlocks', {
    summary: 'books are those of that many blocks ago',
    weight: 3,
    durationMs: [300, 10_000],
    by: [2, 15],
  }),
  staleOrders: ofNodes('staleOrderBlocks', {
    summary: 'our resting orders are told as they were that many blocks ago',
    weight: 3,
    durationMs: [300, 20_000],
    by: [2, 15],
  }),
  emptyBook: ofNodes('emptyBooks', {
    summary: 'books are told to be empty',
    weight: 2,
    durationMs: [300, 10_000],
  }),
  crossedBook: ofNodes('crossedBooks', {
    summary: 'the two sides of books are swapped',
    weight: 3,
    durationMs: [300, 10_000],
  }),
  staleSequence: ofNodes('staleSequence', {
    summary: 'the account’s sequence is told that much too low',
    weight: 2,
    durationMs: [500, 20_000],
    by: [1, 3],
  }),
  wrongSequence: ofNodes('refusesSequence', {
    summary: 'that many broadcasts are refused with a wrong expected sequence',
    weight: 3,
    durationMs: [1_000, 10_000],
    by: [1, 6],
    usedUp: true,
  }),
  falseRefusal: ofNodes('refusesFalsely', {
    summary:
      'that many broadcasts are refused for a reason that no other node has; half of them are passed on all the same',
    weight: 4,
    durationMs: [1_000, 20_000],
    by: [1, 6],
    usedUp: true,
  }),
  lostBroadcast: ofNodes('losesBroadcasts', {
    summary: 'that many broadcasts are answered well, and forgotten',
    weight: 6,
    durationMs: [1_000, 20_000],
    by: [1, 8],
    usedUp: true,
  }),
  lostAnswer: ofNodes('losesAnswers', {
    summary: 'that many broadcasts are taken, and not answered',
    weight: 6,
    durationMs: [1_000, 20_000],
    by: [1, 8],
    usedUp: true,
  }),
  duplicatedBroadcast: ofNodes('doublesBroadcasts', {
    summary: 'that many broadcasts arrive twice, the second time within a second',
    weight: 4,
    durationMs: [1_000, 20_000],
    by: [1, 8],
    usedUp: true,
  }),
  lateInclusion: ofNodes('holdsBlocks', {
    summary: 'broadcasts are kept out of that many blocks',
    weight: 6,
    durationMs: [500, 20_000],
    by: [1, 12],
  }),
  lostNews: ofNodes('skipsNews', {
    summary: 'that many blocks are not announced',
    weight: 3,
    durationMs: [1_000, 20_000],
    by: [1, 10],
    usedUp: true,
  }),
  doubledNews: ofNodes('doublesNews', {
    summary: 'that many blocks are announced twice',
    weight: 2,
    durationMs: [1_000, 20_000],
    by: [1, 10],
    usedUp: true,
    harmless: true,
  }),
  lateIndex: ofNodes('indexLagBlocks', {
    summary: 'the index of transactions is that many blocks late',
    weight: 2,
    durationMs: [1_000, 20_000],
    by: [1, 8],
  }),
  chainHalt: ofMachine({
    summary: 'no block is made',
    weight: 3,
    durationMs: [1_000, 20_000],
    begin: ({ world }) => {
      world.halts += 1;
      return () => {
        world.halts -= 1;
      };
    },
  }),
  sequenceTaken: ofMachine({
    summary: 'somebody else with the account’s key uses up a sequence',
    weight: 4,
    begin: ({ supervisor }) => {
      supervisor.useSequence();
      return NOTHING;
    },
  }),
  foreignOrder: ofMachine({
    summary: 'somebody with the account’s key places an order of that many lots by hand',
    weight: 3,
    hinders: false,
    draw: (random) => ({ side: oneOf<Side>(random, ['buy', 'sell']), lots: between(random, 1, 100) }),
    begin: ({ supervisor }, { parameters }) => {
      supervisor.placeByHand(parameters.side as Side, Number(parameters.lots));
      return NOTHING;
    },
  }),
  rejectedOrders: ofMachine({
    summary: 'the contract refuses the account’s orders, at that rate in percent',
    weight: 4,
    durationMs: [400, 20_000],
    draw: (random) => ({ percent: oneOf(random, [30, 100]) }),
    begin: ({ supervisor }, { parameters }) => supervisor.rejectOrders(Number(parameters.percent)),
  }),
  partialFills: ofMachine({
    summary: 'somebody takes that many lots on one side after the other, block by block',
    weight: 6,
    durationMs: [800, 15_000],
    hinders: false,
    draw: (random) => ({ lots: between(random, 1, 40) }),
    begin: ({ supervisor }, { parameters }) => supervisor.takeEveryBlock(Number(parameters.lots)),
  }),
  sweep: ofMachine({
    summary: 'somebody takes more lots of one side at once than there are',
    weight: 4,
    hinders: false,
    draw: (random) => ({ side: oneOf<Side>(random, ['buy', 'sell']), lots: between(random, 500, 20_000) }),
    begin: ({ world }, { parameters }) => {
      for (const crowd of world.crowds.values()) crowd.takeNow(parameters.side as Side, Number(parameters.lots));
      return NOTHING;
    },
  }),
  priceJump: ofMachine({
    summary: 'the fundamental price moves by that many basis points at once',
    weight: 8,
    hinders: false,
    draw: (random) => ({ bps: oneOf(random, [-1, 1]) * Math.round(5 * 100 ** random()) }),
    begin: ({ world }, { parameters }) => {
      for (const crowd of world.crowds.values()) crowd.jump(1 + Number(parameters.bps) / 10_000);
      return NOTHING;
    },
  }),
  clockStep: ofMachine({
    summary: 'the machine’s clock is off by that many milliseconds, and then right again',
    weight: 5,
    durationMs: [500, 30_000],
    draw: (random) => ({ ms: oneOf(random, [-1, 1]) * Math.round(50 * 1_200 ** random()) }),
    begin: ({ supervisor }, { parameters }) => supervisor.stepClock(Number(parameters.ms) * MICROS_PER_MS),
  }),
  diskFull: ofMachine({
    summary: 'that many writes to the account’s journal fail half way',
    weight: 3,
    draw: (random) => ({ times: between(random, 1, 6) }),
    begin: ({ supervisor }, { parameters }) => {
      supervisor.failDisk('append', Number(parameters.times));
      return NOTHING;
    },
  }),
  syncFailure: ofMachine({
    summary: 'that many attempts to force the account’s journal to disk fail',
    weight: 3,
    draw: (random) => ({ times: between(random, 1, 6) }),
    begin: ({ supervisor }, { parameters }) => {
      supervisor.failDisk('sync', Number(parameters.times));
      supervisor.failDisk('create', Math.floor(Number(parameters.times) / 2));
      return NOTHING;
    },
  }),
  slowDisk: ofMachine({
    summary: 'forcing the account’s journal to disk takes that many milliseconds',
    weight: 3,
    durationMs: [500, 20_000],
    draw: (random) => ({ ms: Math.round(10 * 400 ** random()) }),
    begin: ({ supervisor }, { parameters }) => supervisor.slowDisk(Number(parameters.ms)),
  }),
  actorCrash: ofMachine({
    summary: 'that many messages in a row crash the market’s actor',
    weight: 4,
    draw: (random) => ({ times: between(random, 1, 4) }),
    begin: ({ supervisor }, { parameters }) => {
      for (let n = Number(parameters.times); n > 0; n -= 1) supervisor.poisonMarket();
      return NOTHING;
    },
  }),
  accountCrash: ofMachine({
    summary: 'a message crashes an actor of the account: the process ends itself and is started again',
    weight: 2,
    begin: ({ supervisor }) => {
      supervisor.poisonAccount();
      return NOTHING;
    },
  }),
  kill: ofMachine({
    summary: 'the process is killed (or the machine loses power) at that step, and started again',
    weight: 12,
    draw: (random) => ({
      step: oneOf(random, KILL_STEPS),
      count: between(random, 1, 5),
      power: random() < 0.5 ? 1 : 0,
      tornBytes: random() < 0.5 ? 0 : between(random, 1, 400),
      downMs: Math.round(200 * 100 ** random()),
    }),
    begin: ({ supervisor }, { parameters }) => {
      supervisor.killAt({
        step: parameters.step as KillStep,
        count: Number(parameters.count),
        power: parameters.power === 1,
        tornBytes: Number(parameters.tornBytes),
        downMs: Number(parameters.downMs),
      });
      return NOTHING;
    },
  }),
  restart: ofMachine({
    summary: 'the operator stops the process with SIGTERM and starts it again',
    weight: 2,
    begin: ({ supervisor }) => {
      supervisor.restart();
      return NOTHING;
    },
  }),
  pause: ofMachine({
    summary: 'the operator pauses trading, and resumes later',
    weight: 3,
    durationMs: [2_000, 40_000],
    hinders: false,
    begin: ({ supervisor }) => supervisor.pause(),
  }),
  emergencyStop: ofMachine({
    summary: 'the operator stops trading at once, and resumes later',
    weight: 2,
    durationMs: [2_000, 40_000],
    hinders: false,
    begin: ({ supervisor }) => supervisor.emergencyStop(),
  }),
  cancelAll: ofMachine({
    summary: 'the operator has everything cancelled, and trading goes on',
    weight: 2,
    hinders: false,
    begin: ({ supervisor }) => {
      supervisor.cancelAll();
      return NOTHING;
    },
  }),
} as const satisfies Readonly<Record<string, FaultSpec>>;

/** The name of a kind of fault. */
export type FaultKind = keyof typeof FAULTS;

/** The names of all kinds, in the order of the tables. */
export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];
