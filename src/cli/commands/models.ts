import { z } from 'zod';
import { CommandError } from '../../exit/command_error.ts';
import type { ExitCode } from '../../exit/exit_codes.ts';
import { ModelFileError } from '../../inference/model_file_error.ts';
import { configuredRegistry } from '../../inference/open_inference.ts';
import { type ModelRegistry, RegistryError, type Role } from '../../inference/registry.ts';
import { type CommandContext, defineCommand, type OptionValues } from '../command.ts';
import { evaluateModels } from './models_evaluate.ts';
import { listModels } from './models_list.ts';
import { promoteModel, rollbackModel } from './models_serve.ts';
import { verifyModels } from './models_verify.ts';

const OPTIONS = {
  data: {
    value: 'FILE',
    many: true,
    summary: 'evaluate: datasets that the model was not trained on, as flashmm dataset makes them',
    schema: z.array(z.string().min(1)).default([]),
  },
  as: {
    value: 'ROLE',
    summary:
      'promote, rollback: champion, which the quotes go by, or challenger, which is only watched (default champion)',
    schema: z.enum(['champion', 'challenger'], { error: 'expected champion or challenger' }).default('champion'),
  },
  wait: {
    value: 'S',
    summary: 'promote, rollback: how long to wait for a running session to take it up, seconds (default 15)',
    schema: z.coerce.number().min(0.1).max(600).default(15),
  },
} as const;

/** What the actions get. */
export interface ModelsContext {
  readonly registry: ModelRegistry;
  readonly stateDir: string;
  readonly role: Role;
  readonly waitMs: number;
  readonly context: CommandContext<OptionValues<typeof OPTIONS>>;
}

type Action = (operands: readonly string[], given: ModelsContext) => Promise<ExitCode>;

const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ['list', listModels],
  ['verify', verifyModels],
  ['evaluate', evaluateModels],
  ['promote', promoteModel],
  ['rollback', rollbackModel],
]);

/** `flashmm models` */
export const command = defineCommand({
  name: 'models',
  summary: 'List the models that predict, verify them, and decide which of them serve.',
  description:
    'A model is a folder NAME/VERSION with model.onnx, card.json and golden.json (docs/intelligence.md), shipped with FlashMM or in inference.models_dir. list tells what there is and which serve; verify looks at size, hash, card, features, inputs and outputs, golden outputs, probabilities and latency, of the models named or of all, and exits with code 1 where one does not pass; evaluate asks one about datasets of yours and gives macro-F1 and the direction of moves with intervals, beside the sign of imbalance and the majority class; promote makes a model that passes the champion of its domain, or with --as challenger lets it answer without being listened to; rollback gives the champion before it its place back, or with --as challenger takes the challenger out. A running session takes a change up within a second, between two instants; exit code 5 when it refuses the model, 6 when it was not seen to take it up in time.',
  options: OPTIONS,
  operand: {
    value: 'ACTION MODEL',
    summary:
      'list; verify [MODEL …]; evaluate MODEL; promote MODEL; rollback DOMAIN. A model is sei-trees/1, or for verify a folder',
    many: true,
    required: true,
  },
  examples: [
    { line: 'flashmm models list', summary: 'what there is, and which serve' },
    { line: 'flashmm models verify', summary: 'whether all of them may serve' },
    { line: 'flashmm models evaluate binance-trees/1 --data datasets/*.arrow', summary: 'on recordings of yours' },
    { line: 'flashmm models promote sei-trees/2', summary: 'also in the session that runs' },
    { line: 'flashmm models promote sei-lstm/1 --as challenger', summary: 'watch it beside the champion' },
    { line: 'flashmm models rollback sei', summary: 'the champion before it again' },
  ],
  async run(context) {
    const [name = '', ...operands] = context.operands;
    const action = ACTIONS.get(name);
    if (action === undefined) {
      throw new CommandError('usage', `action '${name}': expected one of ${[...ACTIONS.keys()].join(', ')}`);
    }
    const { config } = context.config();
    const { as: role, wait } = context.options;
    const given = {
      ...{ registry: configuredRegistry(config), stateDir: config.runtime.state_dir, context },
      ...{ role, waitMs: wait * 1_000 },
    };
    try {
      return await action(operands, given);
    } catch (error) {
      if (error instanceof RegistryError) throw new CommandError('refused', error.message);
      if (error instanceof ModelFileError) throw new CommandError('environment', error.message);
      throw error;
    }
  },
});
