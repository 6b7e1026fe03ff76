import type { BundleManifest, Checkpoint, JobConfig, OperatorVerdict } from '@tidemark/domain';

export interface BundleFiles {
  readonly code: string;
  readonly sourceMap: string | undefined;
}

/** Finds out what a bundle defines without trusting it. */
export abstract class BundleInspector {
  /**
   * Runs the bundle's definition in a throw-away sandbox and checks the options of its sources and sinks. Throws
   * `bundle_*`, `graph_*` and `connector_refused`, with the place in the source.
   */
  abstract inspect(bundle: BundleFiles): Promise<BundleManifest>;
  /** Throws `bundle_map_too_large` where a source map has more than is read of one. */
  abstract inspectMap(sourceMap: string): void;
  /** Converts state with the bundle's code and throws the result away. Throws `state_conversion_failed`. */
  abstract tryConversion(
    bundle: BundleFiles,
    state: {
      readonly limits: JobConfig['limits'];
      readonly shapes: Checkpoint['shapes'];
      readonly verdicts: readonly OperatorVerdict[];
      readonly blocks: (uid: string) => AsyncIterable<Uint8Array>;
    },
  ): Promise<void>;
  /** Which layers of the sandbox are in force. */
  abstract sandbox(): { readonly mode: 'required' | 'auto'; readonly missing: readonly string[] };
}
