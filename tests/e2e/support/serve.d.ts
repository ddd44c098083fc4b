// The types of `.tasks/serve.mjs`, which is plain JavaScript because it runs before any package is installed.
declare module '*/.tasks/serve.mjs' {
  export interface Server {
    url: string;
    port: number;
    close(): Promise<void>;
  }
  export interface ServeOptions {
    port?: number;
    root?: string;
    headers?: Record<string, string> | ((url: URL) => Record<string, string>);
  }
  export function serve(options?: ServeOptions): Promise<Server>;
}
