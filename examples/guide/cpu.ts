/** Work for the CPU alone: the loop would stand still while it runs. */
export function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
