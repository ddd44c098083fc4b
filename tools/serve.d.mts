// The types of serve.mjs, for the browser tests, which are TypeScript.
export interface Server {
  /** `http://localhost:<port>/` */
  url: string;
  port: number;
  close(): Promise<void>;
}
export interface ServeOptions {
  /** 0, the default, is any free port. */
  port?: number;
  /** What `/` shows, relative to the checkout; `demo` unless told. */
  root?: string;
  /** Sent with every answer. */
  headers?: Record<string, string> | ((url: URL) => Record<string, string> | undefined);
}
export function serve(options?: ServeOptions): Promise<Server>;
export function serveDemos(): Promise<void>;
