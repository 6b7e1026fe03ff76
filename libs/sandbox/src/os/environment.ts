/**
 * All that a sandbox process finds in its environment.
 *
 * glibc gives each thread an arena of its own to allocate from, and what V8's threads free in one of them is not used by
 * another: with one arena for all, a process stays at the memory that it needs, and is smaller.
 */
export const ENVIRONMENT: { readonly [name: string]: string } = { MALLOC_ARENA_MAX: '1' };
