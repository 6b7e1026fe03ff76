import { checkStore, ObjectStore } from '@tidemark/checkpoint';
import { Installations, isTidemarkError } from '@tidemark/domain';
import { Inject, Injectable, Logger } from '@nestjs/common';

/** Injection token of what ends this process at once. */
export const END_PROCESS = Symbol('EndProcess');

/**
 * Looks now and then whether the object store is still this installation's: a share that is not mounted any more is an
 * empty folder, in which everything would seem to be lost. What it finds is what a start would be refused for, so this
 * process ends, and says why.
 */
@Injectable()
export class WatchStore {
  private readonly logger = new Logger(WatchStore.name);

  constructor(
    private readonly objects: ObjectStore,
    private readonly installations: Installations,
    @Inject(END_PROCESS) private readonly end: () => void,
  ) {}

  async pass(): Promise<void> {
    try {
      await checkStore(this.objects, this.installations);
    } catch (error) {
      // A store or a database that does not answer says nothing about whose it is.
      if (!isTidemarkError(error)) throw error;
      this.logger.error(error.message);
      this.end();
    }
  }
}
