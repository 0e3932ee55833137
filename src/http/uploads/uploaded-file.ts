import { CortadoError } from '../../base/error.ts';

/** Whether the request that brought files is over, with what it deferred. */
export interface Tenure {
  isOver: boolean;
}

/** What a file is made of. */
export type FilePart = Blob | Buffer;

/** A file of a form: a web `File` that can be read for as long as its request lasts, and says so afterwards. */
export class UploadedFile extends File {
  readonly #tenure: Tenure;

  constructor(parts: readonly FilePart[], name: string, type: string, tenure: Tenure) {
    super(parts as ConstructorParameters<typeof File>[0], name, { type });
    this.#tenure = tenure;
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    this.#mustBeThere();
    return super.arrayBuffer();
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    this.#mustBeThere();
    return super.bytes();
  }

  override async text(): Promise<string> {
    this.#mustBeThere();
    return super.text();
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#mustBeThere();
    return super.stream();
  }

  override slice(start?: number, end?: number, type?: string): Blob {
    this.#mustBeThere();
    return super.slice(start, end, type);
  }

  #mustBeThere(): void {
    if (!this.#tenure.isOver) return;
    throw new CortadoError(
      'CORTADO_UPLOAD_GONE',
      `The uploaded file "${this.name}" was there for its request alone. Read or copy it in the handler or in ctx.defer(): await pipeline(file.stream(), createWriteStream(path)).`,
    );
  }
}
