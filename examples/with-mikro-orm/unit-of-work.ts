import { type EntityManager, FlushMode, type MikroORM } from '@mikro-orm/core';
import { type Dependency, dependency } from 'cortado';

/** A unit of work of one request: entities are loaded once, changes are found and written together. */
export interface UnitOfWork<EM extends EntityManager> {
  readonly em: EM;
  /** Writes what has changed so far, inside of the transaction of the request: for ids, and for what queries are to see. */
  flush(): Promise<void>;
}

/** Connects when the app starts, makes the tables that are missing, and disconnects when it stops. */
export function ormDependency<O extends MikroORM>(init: () => Promise<O>): Dependency<O> {
  return dependency(
    async function* orm() {
      const made = await init();
      await made.schema.update({ safe: true });
      yield made;
      await made.close();
    },
    { scope: 'app' },
  );
}

/**
 * A unit of work per request: what has changed is written and committed when the handler has returned, before the answer is sent. With
 * automatic flushes a query would commit pending changes on its own, so they are off, and the transaction begins with the first flush.
 */
export function unitOfWork<O extends MikroORM>(orm: Dependency<O>): Dependency<UnitOfWork<O['em']>> {
  return dependency({ orm }, async function* unit({ orm }) {
    const em = orm.em.fork({ flushMode: FlushMode.COMMIT }) as O['em'];
    // One after another: side by side, a flush that fails leaves the others waiting for ever. Once one has failed, all do.
    let flushes: Promise<void> | undefined;
    const flush = (): Promise<void> => {
      flushes = (flushes ?? em.begin()).then(() => em.flush());
      return flushes;
    };
    try {
      yield { em, flush };
      em.getUnitOfWork().computeChangeSets();
      if (flushes !== undefined || em.getUnitOfWork().getChangeSets().length > 0) await flush();
      if (flushes !== undefined) await em.commit();
    } catch (error) {
      if (flushes !== undefined) await em.rollback();
      throw error;
    }
  });
}
