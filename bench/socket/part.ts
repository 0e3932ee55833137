/** What came of one scenario. */
export interface Part {
  readonly table: string;
  readonly chart?: (title: string) => string;
}
