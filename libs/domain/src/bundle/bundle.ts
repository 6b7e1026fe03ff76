import type { StateShape } from '../checkpoint/checkpoint.js';
import type { Flow } from '../flow/flow.js';
import type { BundleDigest, TenantId } from '../ids.js';

/** One node of a job's graph as the API shows it and as the scheduler compares it. */
export interface GraphNode {
  /** Position in the definition. Never a key for state: that is the uid. */
  readonly id: number;
  readonly kind: string;
  readonly uid: string | undefined;
  readonly inputs: readonly number[];
  /** Connector of a source or sink, for example `files`. */
  readonly connector: string | undefined;
  /** JSON options of a source or sink, or an operator's parameters. */
  readonly options: { readonly [name: string]: unknown };
  /** `file:line:column` in the tenant's source. */
  readonly at: string;
}

/** What happens to a record that a job cannot take: it fails, passes it over, or sets it aside. */
export const POISON_POLICIES = ['fail', 'skip', 'dead_letter'] as const;
export type Poison = (typeof POISON_POLICIES)[number];

/** What a bundle says of itself when its definition is run: everything but the closures. */
export interface BundleManifest {
  /** Version of the definition format that `@tidemark/streams` wrote. */
  readonly definition: 1;
  readonly name: string;
  /** 0 under a trigger that has no interval. */
  readonly batchIntervalMs: number;
  /** Absent: `DEFAULT_FLOW`. */
  readonly flow?: Flow | undefined;
  /** What happens to a record that cannot be read, or at which the job's code throws. */
  readonly poison: Poison;
  readonly nodes: readonly GraphNode[];
  /** By uid of each stateful operator. */
  readonly shapes: { readonly [uid: string]: StateShape };
  /**
   * What each node with a uid does: `version:SHA-256`, hex, of its options and its code in a normal form of that version, and
   * of those of the nodes without uid that feed it. A node that could not be traced is absent; a bundle of before has none.
   */
  readonly logic?: { readonly [uid: string]: string };
  /** Versions of the state's schema, by uid, that the bundle has a migration step from. */
  readonly migrations?: { readonly [uid: string]: readonly number[] } | undefined;
}

/** An immutable, content-addressed artefact: one JavaScript file, its source map, and the manifest. */
export interface Bundle {
  readonly tenantId: TenantId;
  readonly digest: BundleDigest;
  readonly bytes: number;
  readonly manifest: BundleManifest;
  readonly createdAt: Date;
}

/** Where a bundle's two files lie in the object store. */
export const bundlePaths = (
  tenantId: TenantId,
  digest: BundleDigest,
): { readonly code: string; readonly map: string } => ({
  code: `bundles/${tenantId}/${digest}.js`,
  map: `bundles/${tenantId}/${digest}.js.map`,
});
