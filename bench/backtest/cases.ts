import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ExportFormat, exportTape } from '../../src/tape/export.ts';
import { importTape } from '../../src/tape/import.ts';
import { Tape } from '../../src/tape/reader.ts';
import type { TapeMarket } from '../../src/tape/schema.ts';
import { writeSyntheticTape } from './synthetic.ts';

/** A recording of Bitcoin's perpetual future, six minutes: depth and trades, from the examples of nkaz001/hftbacktest (MIT). */
export const RECORDED = join(import.meta.dirname, 'usdm_btcusdt_20240808.gz');
/** Rows of the made-up market. */
export const SYNTHETIC_ROWS = 1_000_000;
const SEED = 7;

/** A tape whose rows have one time, as the peers' files have it, and the same as hftbacktest's array. */
export interface Case {
  readonly name: string;
  readonly tape: string;
  readonly npz: string;
}

/** The files as cases; the recording and a made-up market where none are given. Files that it makes go into a folder. */
export async function prepareCases(files: readonly string[], folder: string): Promise<readonly Case[]> {
  for (const file of files) if (!existsSync(file)) throw new Error(`${file} is not there`);
  const cases: Case[] = [];
  for (const file of files.length > 0 ? files : [RECORDED]) cases.push(await prepared(file, folder));
  if (files.length === 0) cases.push(await synthetic(folder));
  return cases;
}

async function synthetic(folder: string): Promise<Case> {
  const name = `synthetic_${SYNTHETIC_ROWS}`;
  process.stderr.write(`${name}: making it\n`);
  const tape = join(folder, `${name}.arrow`);
  writeSyntheticTape(tape, SYNTHETIC_ROWS, SEED);
  return withArray(name, tape, folder);
}

async function prepared(file: string, folder: string): Promise<Case> {
  const name = basename(file).replace(/\.(arrow|gz|csv|npz|zip)/g, '');
  process.stderr.write(`${name}: importing it\n`);
  const tape = join(folder, `${name}.arrow`);
  if (/\.csv(\.gz)?$/.test(file)) {
    await importTape([file], tape, { repair: false });
    return withArray(name, tape, folder);
  }
  let whole = file;
  if (!file.endsWith('.arrow')) {
    whole = join(folder, `${name}.imported.arrow`);
    await importTape([file], whole, { repair: false });
  }
  // Through the neutral form, in which a row has one time: a recording's streams overtake one another on the exchange's clock, and
  // hftbacktest takes no such array.
  const neutral = join(folder, `${name}.csv`);
  const { symbol, venue, tickSize, lotSize } = await exported(whole, neutral, 'csv');
  await importTape([neutral], tape, { symbol, venue, tickSize, lotSize, repair: false });
  return withArray(name, tape, folder);
}

async function withArray(name: string, tape: string, folder: string): Promise<Case> {
  const npz = join(folder, `${name}.npz`);
  await exported(tape, npz, 'npz');
  return { name, tape, npz };
}

async function exported(path: string, out: string, format: ExportFormat): Promise<TapeMarket> {
  const tape = Tape.open(path);
  await exportTape(tape, out, format);
  tape.close();
  return tape.market;
}
