/** What a value is once it has been written as JSON and read again. */
export type Json<T> = T extends { toJSON(): infer J }
  ? J
  : T extends string | number | boolean | null
    ? T
    : T extends undefined | void
      ? null
      : T extends bigint | symbol | ((...args: never[]) => unknown)
        ? never
        : T extends readonly unknown[]
          ? { -readonly [K in keyof T]: Json<T[K]> }
          : T extends object
            ? {
                -readonly [K in keyof T]: undefined extends T[K]
                  ? Json<Exclude<T[K], undefined>> | undefined
                  : Json<T[K]>;
              }
            : unknown;
