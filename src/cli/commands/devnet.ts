import { z } from 'zod';
import { RecordingError } from '../../binance/recording.ts';
import { DEVNET_MNEMONIC } from '../../devnet/devnet.ts';
import { startPopulatedDevnet } from '../../devnet/populated.ts';
import { CommandError } from '../../exit/command_error.ts';
import { defineCommand } from '../command.ts';

/** Ports that a Sei node has by default. */
const RPC_PORT = 26_657;
const REST_PORT = 1_317;

const port = z.coerce.number().int().min(0).max(65_535);

/** `flashmm devnet` */
export const command = defineCommand({
  name: 'devnet',
  summary: 'Run the Sei devnet alone.',
  description:
    'A whole order-book chain in one process, on its real wire protocol, with seeded makers and takers around the price of a real recording. Point flashmm, or any cosmjs client, at its RPC address. Everything is in memory: it begins anew each time.',
  options: {
    rpcPort: {
      value: 'PORT',
      summary: `RPC and WebSocket port, 0 for a free one (default ${RPC_PORT})`,
      schema: port.default(RPC_PORT),
    },
    restPort: {
      value: 'PORT',
      summary: `REST port, 0 for a free one (default ${REST_PORT})`,
      schema: port.default(REST_PORT),
    },
    blockMs: {
      value: 'MS',
      summary: 'Time between blocks (default 400)',
      schema: z.coerce.number().int().min(10).max(60_000).optional(),
      setting: 'devnet.block_ms',
    },
    seed: {
      value: 'N',
      summary: 'Seed of the participants (default 1)',
      schema: z.coerce.number().int().min(0).optional(),
      setting: 'devnet.seed',
    },
    tape: {
      value: 'FILE',
      many: true,
      summary: 'Recordings that prices follow (default: the shipped ones)',
      schema: z.array(z.string()).default([]),
    },
    quiet: { summary: 'No participants: empty books', schema: z.literal(true).optional() },
  },
  examples: [
    { line: 'flashmm devnet', summary: 'on the ports of a Sei node' },
    { line: 'flashmm devnet --rpc-port 0 --rest-port 0 --quiet --json', summary: 'empty, on free ports, for a test' },
  ],
  async run(context) {
    const { rpcPort, restPort, tape, quiet } = context.options;
    const { config } = context.config();
    const devnet = await startPopulatedDevnet({
      rpcPort,
      restPort,
      blockMs: config.devnet.block_ms,
      seed: config.devnet.seed,
      tapes: tape,
      participants: quiet !== true && config.devnet.participants,
    }).catch((error: Error) => {
      if (error instanceof RecordingError)
        throw new CommandError('environment', error.message, 'Name a recording made by flashmm record.');
      if (/in use|EADDRINUSE/.test(error.message))
        throw new CommandError(
          'environment',
          error.message,
          'Choose other ports with --rpc-port and --rest-port, or 0 for free ones.',
        );
      throw error;
    });
    const { chainId, rpcUrl, wsUrl, restUrl, contractAddress, markets } = devnet;
    const symbols = markets.map(({ symbol }) => symbol);
    if (context.json) {
      const facts = {
        chain_id: chainId,
        rpc_url: rpcUrl,
        ws_url: `${wsUrl}/websocket`,
        rest_url: restUrl,
        contract: contractAddress,
        markets: symbols,
      };
      context.printJson({ ...facts, test_mnemonic: DEVNET_MNEMONIC });
    } else {
      context.print(`devnet ${chainId}: ${symbols.join(', ')}`);
      for (const [name, value] of [
        ['RPC', rpcUrl],
        ['WebSocket', `${wsUrl}/websocket`],
        ['REST', restUrl],
        ['contract', contractAddress],
      ]) {
        context.print(`  ${name!.padEnd(10)}${value}`);
      }
      context.print(`  rich test account, worthless anywhere else:\n  ${DEVNET_MNEMONIC}`);
    }
    await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve(), { once: true }));
    if (!context.json) context.print(`stopped at height ${devnet.chain.height}`);
    await devnet.close();
    return undefined;
  },
});
