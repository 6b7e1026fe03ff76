import { Injectable } from '@nestjs/common';

/** The routes that were registered, to tell a wrong method from a path that does not exist. */
@Injectable()
export class RouteTable {
  private readonly routes: { readonly method: string; readonly path: RegExp }[] = [];

  add(method: string, pattern: string): void {
    const path = new RegExp(`^${pattern.replaceAll(/:[^/]+/g, '[^/]+')}$`);
    this.routes.push({ method, path });
  }

  /** The methods that `path` takes; none if there is no such path. */
  methodsOf(path: string): readonly string[] {
    return this.routes.filter((route) => route.path.test(path)).map(({ method }) => method);
  }
}
