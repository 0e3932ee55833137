/**
 * What a value is once it has been written as JSON and read again. A bigint is written as its digits, so one up to 2^53 comes back as any
 * other number, unless a schema says what it is.
 */
export type Json<T, Big = number | bigint> = T extends { toJSON(): infer J }
  ? J
  : T extends string | number | boolean | null
    ? T
    : T extends undefined | void
      ? null
      : T extends bigint
        ? Big
        : T extends symbol | ((...args: never[]) => unknown)
          ? never
          : T extends ReadonlySet<infer Member>
            ? Json<Member, Big>[]
            : T extends ReadonlyMap<infer Key, infer Value>
              ? { [K in Key & (string | number)]: Json<Value, Big> }
              : T extends readonly unknown[]
                ? { -readonly [K in keyof T]: Json<T[K], Big> }
                : T extends object
                  ? {
                      -readonly [K in keyof T]: undefined extends T[K]
                        ? Json<Exclude<T[K], undefined>, Big> | undefined
                        : Json<T[K], Big>;
                    }
                  : unknown;
