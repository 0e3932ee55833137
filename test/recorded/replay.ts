import { type Agreement, AgreementTable, agrees } from './agreement.ts';

/** What came of asking all recorded requests: how many answers agree, and which differ without being listed. */
export class Replay<Difference> {
  readonly table: AgreementTable;
  readonly unexpected: string[] = [];
  readonly #differences: readonly Difference[];
  readonly #used = new Set<Difference>();
  asked = 0;
  agreed = 0;

  constructor(differences: readonly Difference[], table: AgreementTable = new AgreementTable()) {
    this.#differences = differences;
    this.table = table;
  }

  add(group: string, agreement: Agreement, isListed: (difference: Difference) => boolean, explain: () => string): void {
    this.table.add(group, agreement);
    this.asked++;
    if (agrees(agreement)) {
      this.agreed++;
      return;
    }
    const difference = this.#differences.find(isListed);
    if (difference === undefined) this.unexpected.push(explain());
    else this.#used.add(difference);
  }

  /** Listed differences that no longer differ. */
  get unused(): Difference[] {
    return this.#differences.filter((difference) => !this.#used.has(difference));
  }
}
