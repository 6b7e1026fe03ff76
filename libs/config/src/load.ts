import { z } from 'zod';

/** The environment does not say what a process needs. Names every wrong variable at once, and never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not valid: ${problems.join('; ')}.`);
  }
}

/** Environment variables as a process sees them. */
export type Environment = { readonly [name: string]: string | undefined };

/**
 * Reads the variables that `schema` names. An empty variable counts as absent, and what the schema does not name is
 * left alone. Throws `ConfigError`.
 */
export function loadConfig<T>(schema: z.ZodType<T>, env: Environment): T {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(present, { reportInput: false });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${problemOf(issue, present)}`);
  throw new ConfigError([...new Set(problems)]);
}

/** The process's own environment: the one place of the product that reads it. */
export const processEnvironment = (): Environment => process.env;

/** A whole number in a variable, with its unit in the variable's name. */
export const wholeNumber = ({ min, max }: { readonly min: number; readonly max: number }): z.ZodType<number, string> =>
  z
    .string()
    .refine((text) => /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);

function problemOf(issue: z.core.$ZodIssue, present: Environment): string {
  const [name] = issue.path;
  if (typeof name === 'string' && present[name] === undefined) return 'is missing';
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  // Only messages written in a schema of ours reach this line: the library's own could quote a value.
  return issue.code === 'custom' ? issue.message : 'is not valid';
}
