/** A step from a value into it: the name of a member or the index of an item. */
export type Step = string | number;

/** For example `$.a.b[3]` or `$["first name"]`. */
export function pathText(steps: readonly Step[]): string {
  return steps.reduce<string>((path, step) => path + stepText(step), '$');
}

function stepText(step: Step): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[A-Za-z_][\w-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
