import {
  DEFAULT_FLOW,
  DOWNTIME_POLICIES,
  hasInterval,
  POISON_POLICIES,
  TRIGGERS,
  type Bundle,
  type BundleManifest,
  type DowntimePolicy,
  type Trigger,
} from '@tidemark/domain';
import { pageClass } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';

class GraphNodeAnswer {
  @Shown('Position in the definition.', 'integer')
  readonly id!: number;

  @Shown('What it does, for example `source` or `updateStateByKey`.', 'string')
  readonly kind!: string;

  @Shown('The name that state and offsets are bound to.', 'string', { nullable: true })
  readonly uid!: string | null;

  @Shown('Positions of the nodes that it reads from.', 'integers')
  readonly inputs!: readonly number[];

  @Shown('Connector of a source or sink.', 'string', { nullable: true })
  readonly connector!: string | null;

  @Shown('Options of a source or sink, or parameters of an operator.', 'json')
  readonly options!: { readonly [name: string]: unknown };

  @Shown('`file:line:column` in the source.', 'string')
  readonly at!: string;
}
shownType('GraphNode', GraphNodeAnswer);

class ManifestAnswer {
  @Shown('Name that the bundle gives its job.', 'string')
  readonly name!: string;

  @Shown('Milliseconds between batches; null under a trigger without an interval.', 'integer', { nullable: true })
  readonly batchIntervalMs!: number | null;

  @Shown('When the next batch is due.', TRIGGERS)
  readonly trigger!: Trigger;

  @Shown('What becomes of the intervals that passed while no run had the job.', DOWNTIME_POLICIES)
  readonly downtime!: DowntimePolicy;

  @Shown('Whether batches are held to their interval by what they may read.', 'boolean')
  readonly backPressure!: boolean;

  @Shown('What happens to a record that cannot be read, or at which the code throws.', POISON_POLICIES)
  readonly poison!: BundleManifest['poison'];

  @Shown('The graph.', [GraphNodeAnswer])
  readonly nodes!: readonly GraphNodeAnswer[];

  @Shown(
    'A hash of the logic of each source, operator and sink, by uid: equal where it does the same. One that could not be told is not there.',
    'stringMap',
  )
  readonly logic!: { readonly [uid: string]: string };
}
shownType('BundleManifest', ManifestAnswer);

export class BundleAnswer {
  @Shown("SHA-256 of the bundle's JavaScript, hex.", 'string')
  readonly digest!: string;

  @Shown('Length of the JavaScript.', 'integer')
  readonly bytes!: number;

  @Shown('What the bundle says of itself.', ManifestAnswer)
  readonly manifest!: ManifestAnswer;

  @Shown('When it was uploaded first.', 'time')
  readonly createdAt!: string;
}
shownType('Bundle', BundleAnswer);
export const BundlePage = pageClass(BundleAnswer, 'BundlePage');

export const showBundle = ({ digest, bytes, manifest, createdAt }: Bundle): BundleAnswer => ({
  digest,
  bytes,
  manifest: showManifest(manifest),
  createdAt: createdAt.toISOString(),
});

function showManifest({
  name,
  batchIntervalMs,
  flow = DEFAULT_FLOW,
  poison,
  nodes,
  logic = {},
}: BundleManifest): ManifestAnswer {
  const { trigger, downtime, backPressure } = flow;
  return {
    name,
    batchIntervalMs: hasInterval(trigger) ? batchIntervalMs : null,
    trigger,
    downtime,
    backPressure: backPressure !== false,
    poison,
    logic,
    nodes: nodes.map((node) => ({ ...node, uid: node.uid ?? null, connector: node.connector ?? null })),
  };
}
