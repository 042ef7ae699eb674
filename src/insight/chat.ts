import type { FailureCode } from './port.ts';

/** One question to a chat model. */
export interface ChatQuestion {
  readonly system: string;
  readonly user: string;
  readonly schemaName: string;
  readonly jsonSchema: Record<string, unknown>;
  readonly maxTokens: number;
}

/** Tokens that the service says it has counted. */
export interface Usage {
  readonly tokensIn: number;
  readonly tokensOut: number;
}

/** A request without a usable answer. */
export interface ChatFailure {
  readonly kind: 'failed';
  readonly code: FailureCode;
  readonly reason: string;
  /** Whether the same request may well succeed a moment later. */
  readonly again: boolean;
  /** The pause that the service asks for, milliseconds. */
  readonly afterMs: number | null;
  /** What is to be paid: null when unknown, then as much as was set aside. */
  readonly usage: Usage | null;
}

/** How one request ended. */
export type ChatReply = { readonly kind: 'text'; readonly text: string; readonly usage: Usage | null } | ChatFailure;

/** A chat model behind its wire. Asks once, without retries of its own; never throws. */
export interface ChatModel {
  /** Name for people and for `by`: the deployment. */
  readonly name: string;
  ask(question: ChatQuestion, signal: AbortSignal): Promise<ChatReply>;
}
