import { parseArgs } from 'node:util';
import { FEATURE_COUNT } from '../streams/features/types.ts';
import { AccuracyDrift } from '../streams/predictions/accuracy_drift.ts';
import { InputAlarm } from '../streams/predictions/input_alarm.ts';
import type { DriftReference, HorizonPrediction } from '../streams/predictions/types.ts';
import { PlainModel } from './drift/plain_model.ts';
import { type Recorded, readRecorded } from './drift/recorded.ts';
import { referenceOf } from './drift/reference.ts';

const USAGE = `How soon drift is found, and how often where there is none.

    npm run bench:drift -- --train FILE --train FILE --watch FILE … [--other FILE] [--json]

--train  datasets that the reference and a plain model are made from
--watch  datasets of the same market at other times: drift is injected in the middle of each
--other  a dataset of another market, that a session is switched to`;

/** Vectors a minute. */
const A_MINUTE = 300;

const ALARM = { inputTripPct: 20, inputClearPct: 10 };
const DELTA = 0.002;

type Change = (vector: Float32Array, n: number) => Float32Array;

/** What was injected, and after how many minutes each watch said so; null where it did not until the end. */
interface Found {
  readonly injected: string;
  readonly watch: 'inputs' | 'accuracy';
  readonly minutes: readonly (number | null)[];
}

/** Ways for inputs to go wrong, by what they do to a vector. */
function inputChanges(reference: DriftReference, other: Recorded | undefined): ReadonlyMap<string, Change> {
  const spread = Float64Array.from(
    { length: FEATURE_COUNT },
    (_, f) => reference.edges[f]![7]! - reference.edges[f]![1]!,
  );
  const changes = new Map<string, Change>([
    ['every feature half as large', (vector) => vector.map((x) => x / 2)],
    ['every feature twice as large', (vector) => vector.map((x) => 2 * x)],
    ['every feature up by a fifth of its spread', (vector) => vector.map((x, f) => x + 0.2 * spread[f]!)],
    ['bid and ask confused (every sign turned)', (vector) => vector.map((x) => -x)],
    ['a feed that has stopped (one vector again and again)', frozen()],
  ]);
  if (other !== undefined)
    changes.set(`another market (${other.name})`, (_, n) => other.vectors[n % other.vectors.length]!);
  return changes;
}

function frozen(): Change {
  let kept: Float32Array | undefined;
  return (vector, n) => {
    if (n === 0 || kept === undefined) kept = vector;
    return kept;
  };
}

const swapped = (said: HorizonPrediction): HorizonPrediction => ({
  ...said,
  bearish: said.bullish,
  bullish: said.bearish,
});

/** How many minutes after the middle of a recording the watch trips; one that tripped before counts as a false alarm apart. */
function inputsFound(reference: DriftReference, watched: Recorded, change: Change): number | null {
  const alarm = new InputAlarm(reference, ALARM);
  const middle = Math.floor(watched.vectors.length / 2);
  for (const [n, vector] of watched.vectors.entries()) {
    const changed = alarm.add(n < middle ? vector : change(vector, n - middle));
    if (changed && alarm.drifting && n >= middle) return (n - middle + 1) / A_MINUTE;
  }
  return null;
}

function accuracyFound(
  model: PlainModel,
  watched: Recorded,
  said: (prediction: HorizonPrediction, n: number) => HorizonPrediction,
): number | null {
  const drift = new AccuracyDrift(DELTA);
  const middle = Math.floor(watched.vectors.length / 2);
  for (const [n, vector] of watched.vectors.entries()) {
    const prediction = model.predict(vector);
    const changed = drift.add(n < middle ? prediction : said(prediction, n), watched.labels[n]!);
    if (changed && drift.drifting && n >= middle) return (n - middle + 1) / A_MINUTE;
  }
  return null;
}

/** False alarms over all recordings, one after the other as if they were one session. */
function falseAlarms(
  reference: DriftReference,
  model: PlainModel,
  watched: readonly Recorded[],
): [number, number, number] {
  const [alarm, drift] = [new InputAlarm(reference, ALARM), new AccuracyDrift(DELTA)];
  let [inputs, accuracy, most] = [0, 0, 0];
  for (const { vectors, labels } of watched) {
    for (const [n, vector] of vectors.entries()) {
      if (alarm.add(vector) && alarm.drifting) inputs += 1;
      if (drift.add(model.predict(vector), labels[n]!) && drift.drifting) accuracy += 1;
      most = Math.max(most, alarm.newest?.drifted ?? 0);
    }
  }
  return [inputs, accuracy, most];
}

const shown = ({ injected, watch, minutes }: Found): string => {
  const known = minutes.filter((one) => one !== null).sort((a, b) => a - b);
  const figure = (one: number | undefined): string => (one === undefined ? '–' : one.toFixed(1));
  const middle = known[Math.floor((known.length - 1) / 2)];
  return `| ${injected} | ${watch} | ${known.length} of ${minutes.length} | ${figure(middle)} | ${figure(known.at(-1))} |`;
};

const { values } = parseArgs({
  options: {
    train: { type: 'string', multiple: true, default: [] },
    watch: { type: 'string', multiple: true, default: [] },
    other: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help || values.train.length === 0 || values.watch.length === 0) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const training = await Promise.all(values.train.map(readRecorded));
const watched = await Promise.all(values.watch.map(readRecorded));
const other = values.other === undefined ? undefined : await readRecorded(values.other);
const reference = referenceOf(training);
const model = new PlainModel(training);

const hours = watched.reduce((sum, { vectors }) => sum + vectors.length, 0) / A_MINUTE / 60;
const [inputs, accuracy, most] = falseAlarms(reference, model, watched);
const found: Found[] = [];
for (const [injected, change] of inputChanges(reference, other))
  found.push({ injected, watch: 'inputs', minutes: watched.map((one) => inputsFound(reference, one, change)) });
found.push({
  injected: 'a model turned upside down',
  watch: 'accuracy',
  minutes: watched.map((one) => accuracyFound(model, one, swapped)),
});
found.push({
  injected: 'a model that answers for another instant, a minute ago',
  watch: 'accuracy',
  minutes: watched.map((one) => accuracyFound(model, one, (_, n) => model.predict(one.vectors[n - A_MINUTE]!))),
});

if (values.json)
  console.log(JSON.stringify({ hours, falseAlarms: { inputs, accuracy, featuresMost: most }, found }, null, 2));
else {
  console.log(
    `undrifted: ${hours.toFixed(2)} h in ${watched.length} recordings; false alarms: inputs ${inputs}, accuracy ${accuracy}`,
  );
  console.log(`features beyond their limit at most: ${most} of ${FEATURE_COUNT}\n`);
  console.log('| injected | watch | found | minutes, median | most |\n|---|---|---|---|---|');
  for (const one of found) console.log(shown(one));
}
