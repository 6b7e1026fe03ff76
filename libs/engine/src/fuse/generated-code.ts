/**
 * Code that is generated for one job and compiled as a whole: whole-stage code generation, as in Neumann, "Efficiently
 * Compiling Efficient Query Plans for Modern Hardware" (VLDB 2011). A chain of operators without a shuffle becomes the
 * body of one loop, in which V8 sees every call with the shapes of this one job.
 */
export class GeneratedCode {
  private readonly constants: unknown[] = [];
  private readonly names = new Map<unknown, string>();
  private readonly functions: { readonly name: string; readonly params: string; readonly body: () => string }[] = [];
  private readonly handles: GeneratedFunction[] = [];
  private locals = 0;

  /** The name under which the code sees `value`. */
  constant(value: unknown): string {
    const known = this.names.get(value);
    if (known !== undefined) return known;
    const name = `k${this.constants.push(value) - 1}`;
    this.names.set(value, name);
    return name;
  }

  /** The names of several. */
  constantsOf<T extends readonly unknown[]>(...values: T): { readonly [I in keyof T]: string } {
    return values.map((value) => this.constant(value)) as { readonly [I in keyof T]: string };
  }

  /** A name for a local variable that nothing else has. */
  local(hint: string): string {
    this.locals += 1;
    return `${hint}_${this.locals}`;
  }

  /** Adds a function. Its body is asked for when everything else is known; `run` works once {@link compile} is done. */
  add<F extends (...args: never[]) => unknown>(params: string, body: () => string): GeneratedFunction<F> {
    const name = `f${this.functions.length}`;
    this.functions.push({ name, params, body });
    const handle: GeneratedFunction<F> = { name, run: notCompiled as unknown as F };
    this.handles.push(handle);
    return handle;
  }

  compile(): void {
    const texts: string[] = [];
    // A body may add functions of its own.
    for (const { name, params, body } of this.functions) {
      texts.push(`function ${name}(${params}) {\n${body()}\n}`);
    }
    const constants = this.constants.map((_, index) => `const k${index} = K[${index}];`).join('\n');
    const names = this.functions.map(({ name }) => name).join(', ');
    const code = `'use strict';\n${constants}\n${texts.join('\n')}\nreturn [${names}];`;
    // Only names that this file makes and code of the engine's own stand in it; what a job says comes in as constants.
    const compile = Reflect.construct(Function, ['K', code]) as (constants: readonly unknown[]) => AnyFunction[];
    const compiled = compile(this.constants);
    this.handles.forEach((handle, index) => {
      handle.run = compiled[index] ?? notCompiled;
    });
  }
}

type AnyFunction = (...args: never[]) => unknown;

/** A function of the generated code: how code calls it, and how others do. */
export interface GeneratedFunction<F extends (...args: never[]) => unknown = (...args: never[]) => unknown> {
  readonly name: string;
  run: F;
}

function notCompiled(): never {
  throw new RangeError('the code is not compiled yet');
}
