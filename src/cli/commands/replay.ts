import { z } from 'zod';
import { CommandError } from '../../exit/command_error.ts';
import { EXIT } from '../../exit/exit_codes.ts';
import { JournalCorruptError } from '../../journal/reader.ts';
import { type Difference, type ReplayReport, replay } from '../../journal/replay.ts';
import { defineCommand } from '../command.ts';

/** Decisions of the input at fault that are printed. */
const PRINTED_MOST = 12;

/** `flashmm replay` */
export const command = defineCommand({
  name: 'replay',
  summary: 'Replay the input journal of a session and compare its decisions.',
  description:
    "Builds the pipeline of a session again from its journal, gives it the same inputs as fast as it goes, and compares the hash of all decisions with the session's. Ends with exit code 1 at the first difference, or where the journal is damaged.",
  options: {
    fromSnapshot: {
      value: 'N',
      summary: 'Begin at the N-th snapshot in the journal, counted from 1, instead of the beginning',
      schema: z.coerce.number().int().positive().optional(),
    },
  },
  operand: { value: 'JOURNAL', summary: "A session's journal folder, or one segment", required: true },
  examples: [
    { line: 'flashmm replay .flashmm/journal/20240808T000000Z', summary: 'a whole session' },
    { line: 'flashmm replay .flashmm/journal/20240808T000000Z --from-snapshot 5 --json', summary: 'from its middle' },
  ],
  async run(context) {
    const [path = ''] = context.operands;
    const report = await replayed(path, context.options.fromSnapshot, context.signal);
    if (context.json) context.printJson(jsonOf(path, report));
    else context.print(textOf(path, report));
    return report.equal ? undefined : EXIT.failure;
  },
});

async function replayed(path: string, fromSnapshot: number | undefined, signal: AbortSignal): Promise<ReplayReport> {
  try {
    return await replay(path, { fromSnapshot, signal });
  } catch (error) {
    if (error instanceof JournalCorruptError) {
      throw new CommandError(
        'failure',
        error.message,
        'What comes before that frame is intact; what follows cannot be trusted.',
      );
    }
    if (error instanceof RangeError) throw new CommandError('usage', `${path}: ${error.message}`);
    if (!(error instanceof Error) || !('code' in error || error.message.startsWith(path))) throw error;
    const hint = 'Name the folder of a session below the state folder, such as .flashmm/journal/…';
    throw new CommandError('environment', error.message, hint);
  }
}

function jsonOf(path: string, report: ReplayReport): Record<string, unknown> {
  const { header, difference } = report;
  return {
    journal: path,
    session: header.session,
    flashmm: header.flashmm,
    markets: header.plan.settings.markets.map(({ market }) => market.symbol),
    from_snapshot: report.fromSnapshot,
    snapshots: report.snapshots,
    snapshots_compared: report.snapshotsCompared,
    snapshots_different: report.snapshotsDifferent,
    inputs: report.inputs,
    decisions: report.replayed.decisions - report.start.decisions,
    decisions_before: report.start.decisions,
    decisions_hash: report.replayed.hash,
    live_hash: report.live.hash,
    equal: report.equal,
    first_difference: difference === undefined ? null : differenceOf(difference),
    span_seconds: (report.lastUs - report.firstUs) / 1e6,
    seconds: report.seconds,
    inputs_per_second: Math.round(report.inputs / report.seconds),
    closed: report.closed ?? null,
    failure: report.failure ?? null,
    torn_bytes: report.torn?.bytes ?? 0,
  };
}

function differenceOf(difference: Difference): Record<string, unknown> {
  return {
    input: difference.seq,
    time_us: difference.timeUs,
    after_decision: difference.afterDecision,
    live: difference.live,
    replayed: difference.replayed,
    decisions: difference.decisions.slice(0, PRINTED_MOST),
  };
}

function textOf(path: string, report: ReplayReport): string {
  const { header, difference, torn } = report;
  const spanS = (report.lastUs - report.firstUs) / 1e6;
  const lines = [
    `${path}: session ${header.session} of FlashMM ${header.flashmm}, ${header.plan.settings.markets.length} markets`,
    `from             ${report.fromSnapshot === 0 ? 'the beginning' : `snapshot ${report.fromSnapshot} of ${report.snapshots}`}`,
    `inputs           ${report.inputs} over ${spanS.toFixed(1)} s, replayed in ${report.seconds.toFixed(2)} s (${Math.round(report.inputs / report.seconds)}/s)`,
    `decisions        ${report.replayed.decisions - report.start.decisions}`,
    `decisions_hash   ${report.replayed.hash}`,
    `live_hash        ${report.live.hash}`,
    `snapshots        ${report.snapshotsCompared} passed, ${report.snapshotsDifferent.length} of them different`,
    `session ended    ${report.closed ?? 'the journal breaks off: no closing frame'}`,
  ];
  if (report.failure !== undefined) lines.push(`in the replay    ${report.failure}`);
  if (torn !== undefined)
    lines.push(
      `torn             ${torn.bytes} bytes at byte ${torn.offset} of ${torn.path} make no frame: a crash cut them short`,
    );
  if (difference !== undefined) {
    const { seq, timeUs, afterDecision, live, decisions } = difference;
    lines.push(
      `first difference after decision ${afterDecision}, at input ${seq} (${new Date(timeUs / 1_000).toISOString()}):`,
      `  live had ${live.decisions - afterDecision} decisions there, the replay made:`,
      ...decisions.slice(0, PRINTED_MOST).map((decision) => `  ${JSON.stringify(decision)}`),
    );
  }
  lines.push(report.equal ? 'equal' : 'DIFFERENT');
  return lines.join('\n');
}
