import { randomUUID } from 'node:crypto';
import { resourceFromAttributes } from '@opentelemetry/resources';

const INSTANCE_ID = randomUUID();

/**
 * Who sends. Each process has an id of its own: what two runners count would otherwise be one series, in which each
 * overwrites the other.
 */
export const processResource = (serviceName: string): ReturnType<typeof resourceFromAttributes> =>
  resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': INSTANCE_ID });
