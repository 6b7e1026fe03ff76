import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { TidemarkError } from '@tidemark/domain';

interface FieldProblem {
  readonly field: string;
  readonly problem: string;
}

/** Checks every body and query against its class; what the class does not name is refused, not dropped. */
export const validation = (): ValidationPipe =>
  new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    exceptionFactory: (errors) => new TidemarkError('validation_failed', { problems: problemsOf(errors) }),
  });

/** Every wrong field with its path from the body's root, in the order of the class. */
export function problemsOf(errors: readonly ValidationError[], parent = ''): FieldProblem[] {
  return errors.flatMap(({ property, constraints, children }) => {
    const field = parent === '' ? property : `${parent}.${property}`;
    const own = Object.entries(constraints ?? {}).map(([rule, message]) => ({
      field,
      problem: rule === 'whitelistValidation' ? 'is not a field of this request' : withoutName(message, property),
    }));
    return [...own, ...problemsOf(children ?? [], field)];
  });
}

const withoutName = (message: string, property: string): string =>
  message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
