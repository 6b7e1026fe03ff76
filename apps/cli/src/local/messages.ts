import type { BundleManifest } from '@tidemark/domain';
import type { GraphInput, StoredForm } from '@tidemark/engine';
import type { BatchRun, BundleToRun } from './bundle-runtime.js';

/** Where a debugger may connect to. Port 0 is any that is free. */
export interface DebuggerPlace {
  readonly host: string;
  readonly port: number;
}

/** What can be asked of the process that a bundle runs in, one thing at a time, and what it answers. */
export interface Calls {
  readonly load: { readonly asks: BundleToRun; readonly answers: BundleManifest };
  readonly restore: {
    readonly asks: { readonly uid: string; readonly block: Uint8Array };
    readonly answers: undefined;
  };
  readonly convert: {
    readonly asks: { readonly uid: string; readonly form: StoredForm; readonly block: Uint8Array };
    readonly answers: Uint8Array;
  };
  readonly run: {
    readonly asks: { readonly input: GraphInput; readonly inspect: DebuggerPlace | undefined };
    readonly answers: BatchRun;
  };
}

export type Request = {
  readonly [C in keyof Calls]: { readonly call: C; readonly asks: Calls[C]['asks'] };
}[keyof Calls];

export type Reply =
  | { readonly outcome: 'done'; readonly answers: unknown }
  | { readonly outcome: 'failed'; readonly code: string; readonly message: string };
