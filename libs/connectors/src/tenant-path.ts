import { z } from 'zod';
import type { ConnectorContext } from './connector.js';

const PATH_LENGTH_MAX = 400;

/** A path option. It is looked up below the tenant's own folder. */
export const tenantPath = z
  .string()
  .max(PATH_LENGTH_MAX)
  .refine((path) => path.split('/').every(isPlainSegment), {
    message: 'a path below your files folder is needed, of plain segments such as "flights/2001"',
  });

type Roots = Pick<ConnectorContext, 'filesRoot' | 'tenantName'>;

/** How a tenant's path is shown to the tenant: without where the service keeps its files. */
export const shownPath = (roots: Roots, path: string): string => `${roots.tenantName}/${path}`;

const isPlainSegment = (segment: string): boolean =>
  segment !== '' && segment !== '.' && segment !== '..' && !/[\0\\]/.test(segment);
