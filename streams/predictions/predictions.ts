import type { Reducer, Turn } from '../actor/reducer.ts';
import type { Features } from '../features/types.ts';
import type { Drift } from '../inputs.ts';
import type { LocalBook } from '../market/local_book.ts';
import type { Caused } from '../orders/types.ts';
import type { Own } from '../own.ts';
import { InputAlarm, type InputAlarmParameters, type InputAlarmState } from './input_alarm.ts';
import { adjusted, type Insight, type InsightLimits } from './insight.ts';
import { MarketMid, type MarketMidState } from './market_mid.ts';
import { type ModelAccuracy, ModelWatch, type ModelWatchParameters, type ModelWatchState } from './model_watch.ts';
import type { InputDrift } from './psi.ts';
import type { ModelInput, ModelNotice, ModelRole, Prediction } from './types.ts';

/** How the models of a market are watched, and how far an insight may move what they say. Plain values by name. */
export interface PredictionsParameters extends ModelWatchParameters, InputAlarmParameters {
  /** Most by which an insight may move any one probability, 0 to 1; 0 where there are none. */
  readonly insightMaxShift: number;
  /** How long an insight counts, with a weight that falls to nothing. */
  readonly insightValidMs: number;
}

/** How right the models of a market have been of late, and how far their inputs are from those of their training. */
export interface Accuracy extends Caused {
  readonly kind: 'accuracy';
  readonly market: string;
  /** The champion first. */
  readonly models: readonly ModelAccuracy[];
  /** Of the champion's inputs; null until it is known. */
  readonly inputs: InputDrift | null;
  /** Whether the champion has drifted, so that prices are made without it. */
  readonly drifting: boolean;
}

/** A model has drifted and should be trained anew. */
export interface RetrainRequest extends Caused {
  readonly kind: 'retrainRequest';
  readonly market: string;
  readonly model: string;
  /** What has drifted, with numbers. */
  readonly detail: string;
}

/** What the predictions stage tells: the champion's predictions, and how models do. */
export type PredictionsOutput = Prediction | Accuracy | Drift | RetrainRequest;

/** What reaches it: what models say, the book whenever something came, the feature vectors they are asked about, our orders. */
export type PredictionsEvent = ModelInput | LocalBook | Features | Own;

interface PredictionsState {
  mid: MarketMid;
  insight: Insight | null;
  champion: ModelWatch | null;
  challenger: ModelWatch | null;
  /** Of the champion's inputs. */
  inputs: InputAlarm | null;
  /** Whether the market was told that its champion has drifted. */
  drifting: boolean;
  /** When figures were last told, and when training was last asked for; 0 for never. */
  toldUs: number;
  requestedUs: number;
}

/** Figures are told once a second at most. */
const TELL_EVERY_US = 1_000_000;

/** Training takes minutes and needs new data: it is asked for again after six hours at the earliest. */
const REQUEST_EVERY_US = 6 * 3_600 * 1_000_000;

/**
 * What models say of one market. The champion's prediction goes on to the quotes, with what an insight makes of it; every
 * model, the challenger too, is held against what the mid then did (`model_watch.ts`). When the champion's inputs
 * (`input_alarm.ts`) or its accuracy (`accuracy_drift.ts`) have drifted, that is told once, with a request to train it anew,
 * and once more when it is over: the breaker `drift` prices without the model in between, which goes on being watched.
 */
export function predictions(
  parameters: PredictionsParameters,
): Reducer<PredictionsState, PredictionsEvent, PredictionsOutput> {
  const limits = { maxShift: parameters.insightMaxShift, validMs: parameters.insightValidMs };
  return {
    initial: () => ({
      ...{ mid: new MarketMid(), insight: null, champion: null, challenger: null, inputs: null },
      ...{ drifting: false, toldUs: 0, requestedUs: 0 },
    }),
    step: (state, event, turn) => {
      if (event.kind === 'market') moved(state, event, turn);
      else if (event.kind === 'features') asked(state, event, turn);
      else if (event.kind === 'prediction') answered(state, event, limits, turn);
      else if (event.kind === 'model') installed(state, event, parameters, turn);
      else if (event.kind === 'insight') state.insight = event;
      else if (event.kind === 'working') state.mid.orders(event.orders);
    },
    encode: (state) => ({
      ...state,
      mid: state.mid.encode(),
      champion: state.champion?.encode() ?? null,
      challenger: state.challenger?.encode() ?? null,
      inputs: state.inputs?.encode() ?? null,
    }),
    decode: (plain) => {
      const state = structuredClone(plain) as PredictionsPlain;
      const { champion, challenger, inputs } = state;
      return {
        ...state,
        mid: MarketMid.decode(state.mid),
        champion: champion && ModelWatch.decode(parameters, champion),
        challenger: challenger && ModelWatch.decode(parameters, challenger),
        inputs: inputs && InputAlarm.decode(parameters, inputs),
      };
    },
  };
}

type PredictionsPlain = Omit<PredictionsState, 'mid' | 'champion' | 'challenger' | 'inputs'> & {
  mid: MarketMidState;
  champion: ModelWatchState | null;
  challenger: ModelWatchState | null;
  inputs: InputAlarmState | null;
};

function moved(state: PredictionsState, view: LocalBook, turn: Turn<PredictionsOutput>): void {
  const { seq, market } = view;
  const mid = state.mid.of(view);
  state.challenger?.moved(turn.nowUs(), mid);
  if (state.champion?.moved(turn.nowUs(), mid) === true) tellDrift(state, market, seq, turn);
}

/** A feature vector: the models will be asked about it, if it is one that says something. */
function asked(state: PredictionsState, event: Features, turn: Turn<PredictionsOutput>): void {
  const { seq, market, warm, vector } = event;
  const nowUs = turn.nowUs();
  let changed = false;
  state.challenger?.reached(nowUs);
  if (state.champion?.reached(nowUs) === true) changed = true;
  if (warm) {
    for (const watch of watches(state)) watch.ask(seq, nowUs);
    if (state.inputs?.add(vector) === true) changed = true;
  }
  if (changed) tellDrift(state, market, seq, turn);
  if (nowUs - state.toldUs < TELL_EVERY_US || watches(state).length === 0) return;
  state.toldUs = nowUs;
  turn.emit(accuracyOf(state, market, seq, turn));
}

function answered(
  state: PredictionsState,
  prediction: Prediction,
  limits: InsightLimits,
  turn: Turn<PredictionsOutput>,
): void {
  for (const watch of watches(state)) if (watch.model === prediction.model) watch.answer(prediction);
  if (prediction.role === 'champion') turn.emit(adjusted(prediction, state.insight, turn.nowUs(), limits));
}

/** Another model has a role from now on. One that had the other role brings what is known of it along. */
function installed(
  state: PredictionsState,
  { role, model, labels, reference, market, seq }: ModelNotice,
  parameters: PredictionsParameters,
  turn: Turn<PredictionsOutput>,
): void {
  const known = watches(state).find((watch) => watch.model === model);
  state[role] = model === '' ? null : (known ?? new ModelWatch(model, labels, parameters));
  if (role === 'challenger') return;
  if (state.challenger?.model === model) state.challenger = null;
  state.inputs = reference === null || model === '' ? null : new InputAlarm(reference, parameters);
  tellDrift(state, market, seq, turn);
}

function watches({ champion, challenger }: PredictionsState): readonly ModelWatch[] {
  return [champion, challenger].filter((watch) => watch !== null);
}

/** Says whether the champion is to be believed, where that has changed. */
function tellDrift(state: PredictionsState, market: string, cause: number, turn: Turn<PredictionsOutput>): void {
  const { champion, inputs } = state;
  const reasons = [
    ...(inputs?.drifting === true ? [inputs.text] : []),
    ...(champion?.drifting === true ? [champion.excessText] : []),
  ];
  const drifting = reasons.length > 0;
  if (drifting === state.drifting) return;
  state.drifting = drifting;
  const nowUs = turn.nowUs();
  const stamp = { timeUs: nowUs, causes: [cause], market, model: champion?.model ?? '' };
  const detail = drifting ? reasons.join('; ') : 'inputs and accuracy are as in training';
  turn.emit({ kind: 'drift', seq: turn.nextSeq(), ...stamp, drifting, detail });
  if (!drifting || (state.requestedUs > 0 && nowUs - state.requestedUs < REQUEST_EVERY_US)) return;
  state.requestedUs = nowUs;
  turn.emit({ kind: 'retrainRequest', seq: turn.nextSeq(), ...stamp, detail });
}

function accuracyOf(state: PredictionsState, market: string, cause: number, turn: Turn<PredictionsOutput>): Accuracy {
  const roles: readonly ModelRole[] = ['champion', 'challenger'];
  const models = roles.flatMap((role) => state[role]?.accuracy(role) ?? []);
  const stamp = { seq: turn.nextSeq(), timeUs: turn.nowUs(), causes: [cause], market };
  return { kind: 'accuracy', ...stamp, models, inputs: state.inputs?.newest ?? null, drifting: state.drifting };
}
