import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { TidemarkError } from '@tidemark/domain';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** An RFC 9457 problem. The parameters of the error's sentence are members beside these, for machines. */
@ApiSchema({ name: 'Problem', description: 'An RFC 9457 problem. Parameters of the error are further members.' })
export class Problem {
  @ApiProperty({ description: 'A URN that names the kind of problem.', example: 'urn:tidemark:problem:job_name_taken' })
  readonly type!: string;

  @ApiProperty({ description: 'The same for every problem of this type.', example: 'job name taken' })
  readonly title!: string;

  @ApiProperty({ type: 'integer', description: 'The HTTP status.' })
  readonly status!: number;

  @ApiProperty({ description: 'One sentence on what is wrong this time.' })
  readonly detail!: string;

  @ApiProperty({ description: 'Stable, machine-readable name of the error.', example: 'job_name_taken' })
  readonly code!: string;

  @ApiProperty({ description: 'The path of the request.' })
  readonly instance!: string;

  @ApiProperty({
    required: false,
    description: 'Every field that is wrong, for `validation_failed`.',
    type: 'array',
    items: {
      type: 'object',
      required: ['field', 'problem'],
      properties: { field: { type: 'string' }, problem: { type: 'string' } },
    },
  })
  readonly problems?: readonly { readonly field: string; readonly problem: string }[];
}

/** The document that a client gets for an error. */
export function problemOf(error: TidemarkError, status: number, path: string): Problem {
  return {
    // Parameters first: none of them may shadow a member that the standard defines.
    ...(error.params as object | undefined),
    type: `urn:tidemark:problem:${error.code}`,
    title: error.code.replaceAll('_', ' '),
    status,
    detail: error.message,
    code: error.code,
    instance: path,
  };
}
